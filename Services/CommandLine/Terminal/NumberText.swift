// Numbers as people read them; without Foundation's formatting, which needs a locale.

/// `1.25` as `1.3`; a dash for what is no number.
package func oneDecimal(_ number: Double) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "–" }
    let tenths = Int((abs(number) * 10).rounded())
    return "\(number < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
}

/// At least three significant digits: `1234`, `123`, `12.3`, `1.23`, `0.123`.
package func figure(_ number: Double) -> String {
    let places =
        switch abs(number) {
        case 100...: 0
        case 10 ..< 100: 1
        case 1 ..< 10: 2
        default: 3
        }
    return decimal(number, places: places)
}

/// `0.456` as `46 %`.
package func percent(_ share: Double) -> String { "\(decimal(share * 100, places: 0)) %" }

/// `number` rounded to so many places; a dash for what is no number.
package func decimal(_ number: Double, places: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "–" }
    let scale = (0 ..< places).reduce(1) { scale, _ in scale * 10 }
    let units = Int((abs(number) * Double(scale)).rounded())
    let sign = number < 0 && units > 0 ? "-" : ""
    guard places > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % scale)
    return "\(sign)\(units / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
}

/// Amounts as people read them.
package enum Amount {
    /// `1234567` as `1,234,567`.
    package static func grouped(_ number: Int) -> String {
        var result = ""
        for (index, digit) in String(number).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return String(result.reversed())
    }

    /// `456089655296` as `456.1 B`.
    package static func rounded(_ count: Int) -> String {
        for (unit, size) in [("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)] where Double(count) >= size {
            return "\(oneDecimal(Double(count) / size)) \(unit)"
        }
        return "\(count)"
    }

    /// In binary units, whole where it is: `293601280` as `280 MiB`.
    package static func bytes(_ count: Int) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where count >= 1 << shift {
            let isWhole = count.isMultiple(of: 1 << shift)
            return "\(isWhole ? "\(count >> shift)" : oneDecimal(Double(count) / Double(1 << shift))) \(unit)"
        }
        return "\(count) bytes"
    }

    /// `75` as `1 min 15 s`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "very long" }
        let whole = Int(seconds.rounded(.up))
        if whole >= 3600 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
        return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
    }
}

/// The middle of what was measured; of an even number the mean of the two in the middle. NaN where nothing was
/// measured.
package func median(_ samples: some Sequence<Double>) -> Double {
    let sorted = samples.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
