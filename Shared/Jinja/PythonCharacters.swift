// What Python's methods of strings ask of characters.
extension Unicode.Scalar {
    var isPythonSpace: Bool {
        switch value {
        case 0x09 ... 0x0D, 0x1C ... 0x20, 0x85, 0xA0, 0x1680, 0x2000 ... 0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
            0x3000:
            true
        default: false
        }
    }

    /// Where `splitlines` ends a line.
    var isPythonLineBreak: Bool {
        switch value {
        case 0x0A ... 0x0D, 0x1C ... 0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    var isPythonAlpha: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isPythonDecimal: Bool { properties.generalCategory == .decimalNumber }
    var isPythonDigit: Bool { properties.numericType == .decimal || properties.numericType == .digit }
    var isPythonNumeric: Bool { properties.numericType != nil }
    var isPythonAlphanumeric: Bool { isPythonAlpha || isPythonDecimal || isPythonDigit || isPythonNumeric }
    var isPythonUpper: Bool { properties.isUppercase }
    var isPythonLower: Bool { properties.isLowercase }
    var isPythonTitle: Bool { properties.generalCategory == .titlecaseLetter }
    var isPythonCased: Bool { isPythonUpper || isPythonLower || isPythonTitle }

    /// Whether Python's `repr` shows the character as it is.
    var isPythonPrintable: Bool {
        if self == " " { return true }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            false
        default: true
        }
    }

    /// What `\w` of a Python pattern matches.
    var isPythonWord: Bool { isPythonAlphanumeric || self == "_" }
}

extension OriginText {
    var scalars: String.UnicodeScalarView { string.unicodeScalars }

    func all(_ condition: (Unicode.Scalar) -> Bool) -> Bool { !isEmpty && scalars.allSatisfy(condition) }

    /// Whether the text has characters with a case, and none of the other case.
    func hasOnlyCase(upper: Bool) -> Bool {
        var isCased = false
        for scalar in scalars {
            if scalar.isPythonTitle || (upper ? scalar.isPythonLower : scalar.isPythonUpper) { return false }
            if scalar.isPythonCased { isCased = true }
        }
        return isCased
    }

    /// Python's `istitle`: capitals only behind characters without a case, small letters only behind ones with.
    var isTitle: Bool {
        var wasCased = false
        var isCased = false
        for scalar in scalars {
            if scalar.isPythonUpper || scalar.isPythonTitle {
                if wasCased { return false }
                wasCased = true
                isCased = true
            } else if scalar.isPythonLower {
                if !wasCased { return false }
                isCased = true
            } else {
                wasCased = false
            }
        }
        return isCased
    }

    func uppercased() -> OriginText { isASCII ? mapASCII(97 ... 122) : mapScalars { $0.properties.uppercaseMapping } }

    func lowercased() -> OriginText {
        if isASCII { return mapASCII(65 ... 90) }
        let characters = Array(scalars)
        var place = -1
        return mapScalars { scalar in
            place += 1
            if scalar == "Σ" { return Self.isFinalSigma(place, in: characters) ? "ς" : "σ" }
            return scalar.properties.lowercaseMapping
        }
    }

    private static func isFinalSigma(_ place: Int, in scalars: [Unicode.Scalar]) -> Bool {
        let before = scalars[..<place].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }

    private var isASCII: Bool { bytes.allSatisfy { $0 < 0x80 } }

    private func mapASCII(_ letters: ClosedRange<UInt8>) -> OriginText {
        mapRuns { $0.map { letters.contains($0) ? $0 ^ 0x20 : $0 } }
    }

    /// Python's `capitalize`: the first character in title case, the rest in lower case.
    func capitalized() -> OriginText {
        let head = slice(0 ..< (isEmpty ? 0 : offset(after: 0)))
        var result = head.mapScalars { $0.properties.titlecaseMapping }
        result.append(slice(head.count ..< count).lowercased())
        return result
    }

    /// Python's `title`: title case behind characters without a case, lower case behind the others.
    func titled() -> OriginText {
        var wasCased = false
        return mapScalars { scalar in
            defer { wasCased = scalar.properties.isCased }
            return wasCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
        }
    }

    func swappedCase() -> OriginText {
        mapScalars { scalar in
            scalar.isPythonUpper
                ? scalar.properties.lowercaseMapping
                : scalar.isPythonLower ? scalar.properties.uppercaseMapping : String(Character(scalar))
        }
    }

    /// The bytes that stay when characters are taken off the ends: whitespace, or those of a set.
    func strippedRange(_ characters: Set<Unicode.Scalar>?, right: Bool = true, left: Bool = true) -> Range<Int> {
        func isTaken(_ scalar: Unicode.Scalar) -> Bool { characters?.contains(scalar) ?? scalar.isPythonSpace }
        var start = 0
        var end = count
        if left { while start < end, isTaken(scalar(at: start)) { start = offset(after: start) } }
        if right {
            while end > start {
                let before = offset(before: end)
                guard isTaken(scalar(at: before)) else { break }
                end = before
            }
        }
        return start ..< end
    }
}
