internal import ArgumentParser

/// One way to place experts: on how many hosts, how, and how often; and how many attention services there are, and in
/// how many parts.
struct PlacementCase: Sendable, Equatable, CustomStringConvertible {
    enum Mode: String, Sendable, CaseIterable, ExpressibleByArgument { case throughput, latency }

    let hosts: Int
    let mode: Mode
    let copies: Int
    /// Services.
    var attention = 1
    /// Of each replica of attention.
    var parts = 1

    /// Replicas of attention.
    var replicas: Int { attention / parts }

    /// The placement that all others are compared with.
    static let reference = PlacementCase(hosts: 1, mode: .throughput, copies: 1)

    /// For people, for example `4 hosts, latency, 2 copies` or `1 host, latency, 1 copy, 2 attention services`.
    var description: String {
        "\(hosts) host\(hosts == 1 ? "" : "s"), \(mode.rawValue), \(copies) cop\(copies == 1 ? "y" : "ies")"
            + (attention == 1 ? "" : ", \(attention) attention services")
            + (parts == 1 ? "" : ", \(parts) parts")
    }

    /// The part of a measurement's name, for example `hosts4.latency.copies2` or `hosts1.latency.copies1.attention2`.
    var name: String {
        "hosts\(hosts).\(mode.rawValue).copies\(copies)" + (attention == 1 ? "" : ".attention\(attention)")
            + (parts == 1 ? "" : ".parts\(parts)")
    }

    var routerFlags: [String] {
        ["--placement", mode.rawValue, "--copies", "\(copies)", "--attention-parts", "\(parts)"]
    }

    /// The reference first, then all combinations in which there is a host for every copy, and every attention service
    /// has a part.
    static func all(
        hosts: [Int], copies: [Int], attention: [Int] = [1], parts: [Int] = [1], modes: [Mode] = Mode.allCases
    ) -> [PlacementCase] {
        let layouts = attention.flatMap { count in parts.filter { count % $0 == 0 }.map { (count, $0) } }
        let combinations = layouts.flatMap { attention, parts in
            hosts.flatMap { hosts in
                copies.filter { $0 <= hosts }.flatMap { copies in
                    modes.map {
                        PlacementCase(hosts: hosts, mode: $0, copies: copies, attention: attention, parts: parts)
                    }
                }
            }
        }
        return combinations.reduce(into: [reference]) { if !$0.contains($1) { $0.append($1) } }
    }
}
