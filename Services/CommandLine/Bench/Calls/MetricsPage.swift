internal import ClusterClient
internal import Console
internal import Transport

/// What a service's `/metrics` said.
struct MetricsPage: Sendable {
    private var samples: [(name: Substring, labels: Substring, value: Double)] = []

    /// - Parameter text: in Prometheus' exposition format; lines that are no samples are left out.
    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            guard let value = Double(line[line.index(after: space)...]) else { continue }
            let series = line[..<space], brace = series.firstIndex(of: "{") ?? series.endIndex
            samples.append((series[..<brace], series[brace...], value))
        }
    }

    /// The sum of all series of this name that have this label; of all series where no label is asked for.
    func sum(_ name: String, _ label: String? = nil, _ value: String = "") -> Double {
        samples.reduce(0) { sum, sample in
            let fits = sample.name == name && label.map { sample.labels.contains("\($0)=\"\(value)\"") } != false
            return fits ? sum + sample.value : sum
        }
    }
}

extension MetricsPage {
    /// Asks the admin server of a process.
    ///
    /// - Throws: `StartError` when it refuses.
    static func of(_ admin: Address, _ name: String) async throws -> MetricsPage {
        let answer = try await RESTClient(admin).get("/metrics")
        guard answer.status == 200 else {
            throw StartError("\(name) answered \(answer.status) when it was asked for its metrics")
        }
        return MetricsPage(answer.text)
    }
}
