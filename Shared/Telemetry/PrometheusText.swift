internal import Probing

/// Writes the Prometheus text exposition format, version 0.0.4.
///
/// Source: prometheus.io, "Exposition formats": escapes are `\\` and `\n` in help lines, also `\"` in label values.
struct PrometheusText {
    private(set) var value = ""

    mutating func begin(_ name: String, kind: String, help: String) {
        value += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind)\n"
    }

    mutating func append(_ family: PrometheusRegistry.Family, named name: String, help: String) {
        begin(name, kind: family.kind.rawValue, help: help)
        for (dimensions, series) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            series.write(name: name, dimensions: dimensions.map { ($0.name, $0.value) }, to: &self)
        }
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ number: Double) {
        value += name
        if !labels.isEmpty {
            value += "{" + labels.map { "\($0)=\"\(Self.escaped($1, quotes: true))\"" }.joined(separator: ",") + "}"
        }
        value += " \(Self.number(number))\n"
    }

    /// The metrics every Prometheus client library gives of its process, under their usual names.
    mutating func append(_ usage: ProcessUsage) {
        func one(_ name: String, _ kind: String, _ help: String, _ number: Double) {
            begin(name, kind: kind, help: help)
            sample(name, [], number)
        }
        one("process_cpu_seconds_total", "counter", "Processor time used, in seconds.", usage.cpuSeconds)
        one("process_open_fds", "gauge", "Open file descriptors.", Double(usage.openDescriptors))
        one(
            "process_resident_anonymous_memory_bytes", "gauge",
            "Memory in RAM that belongs to no file: what the process costs beyond mapped weights.",
            Double(usage.anonymousBytes))
        one(
            "process_resident_memory_bytes", "gauge", "Memory in RAM, mapped files included.",
            Double(usage.residentBytes))
        one("process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.", usage.startTime)
        one("process_virtual_memory_bytes", "gauge", "Address space in use.", Double(usage.virtualBytes))
    }

    /// Not among the usual ones; it is ours.
    mutating func append(_ switches: ContextSwitches) {
        let name = "minimax_process_context_switches_total"
        begin(
            name, kind: "counter", help: "How often a thread gave its core away: to wait, or to another that wanted it."
        )
        sample(name, [("kind", "involuntary")], Double(switches.involuntary))
        sample(name, [("kind", "voluntary")], Double(switches.voluntary))
    }

    static func number(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: number).map(String.init) ?? "\(number)"
    }

    /// `label` with everything but letters, digits, `_` and `:` replaced by `_`, ending in `suffix`.
    static func name(_ label: String, suffix: String = "") -> String {
        let name = cleaned(label, alsoAllowed: ":")
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    static func labelName(_ label: String) -> String { cleaned(label, alsoAllowed: nil) }

    /// A family's name as swift-metrics knew it, without the suffix that was put on.
    static func bareName(_ name: String) -> String {
        for suffix in ["_total", "_seconds"] where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
        return name
    }

    private static func cleaned(_ text: String, alsoAllowed: Unicode.Scalar?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let allowed =
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0" ... "9").contains(scalar)) || scalar == "_"
                || scalar == alsoAllowed
            if result.isEmpty, ("0" ... "9").contains(scalar) { result.append("_") }
            result.append(allowed ? scalar : "_")
        }
        return result.isEmpty ? "_" : String(result)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
