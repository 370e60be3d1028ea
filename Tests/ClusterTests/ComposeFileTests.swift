import Flags
import Foundation
import JSON
import Testing

@Suite("compose.yaml and the flags of the programs") struct ComposeFileTests {
    /// Flags that the file itself sets, or that make no sense in a container.
    private static let notFromOutside: Set = [
        "admin", "announce", "control", "exit-with-parent", "host", "listen", "model", "name", "port",
        "router",
    ]

    @Test(
        "every flag of a service can be set from outside, and no variable is unknown to its service",
        arguments: ["router", "attention", "expert-host"])
    func flags(program: String) async throws {
        let file = try ComposeFile(
            text: String(contentsOf: Paths.repository.appending(path: "compose/compose.yaml"), encoding: .utf8))
        let variables = try #require(file.services[program]), flags = try await Self.flags(of: program)
        let settable = Set(flags.subtracting(Self.notFromOutside).map(EnvironmentFallback.variable))
        #expect(
            settable.subtracting(variables).sorted() == [], "flags of \(program) that compose.yaml does not pass on")
        #expect(
            variables.subtracting(flags.map(EnvironmentFallback.variable)).sorted() == [],
            "what compose.yaml sets is no flag of \(program)")
    }

    @Test("nothing binds a service that can be scaled to one container", arguments: ["attention", "expert-host"])
    func scalable(service: String) throws {
        let file = try ComposeFile(
            text: String(contentsOf: Paths.repository.appending(path: "compose/compose.yaml"), encoding: .utf8))
        let keys = try #require(file.keys[service])
        #expect(keys.contains("command") && keys.isDisjoint(with: ["container_name", "hostname", "ports"]))
    }

    @Test("the reader of the file finds aliases, lists of them and values")
    func reader() throws {
        let file = try ComposeFile(
            text: """
                x-one: &one
                  A: 1
                  B:
                x-two: &two
                  C:      # with a comment
                services:
                  first:
                    environment:
                      <<: [*one, *two]
                      D: ${X:-y}
                  second:
                    command: [x]
                    environment:
                      <<: *two
                """)
        #expect(file.services == ["first": ["A", "B", "C", "D"], "second": ["C"]])
        #expect(file.keys == ["first": ["environment"], "second": ["command", "environment"]])
    }

    private static func flags(of program: String) async throws -> Set<String> {
        let help = try await Tool.run(Paths.program(program).path, ["--help"])
        let words = help.output.split(separator: "\n").filter { $0.hasPrefix("  --") }
        let flags = words.compactMap {
            $0.dropFirst(4).split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "-" }).first
        }
        #expect(flags.count > 5, "\(help.output)")
        return Set(flags.map(String.init))
    }
}

/// As much of compose.yaml as says which variables each service gets: mappings by indentation, anchors of mappings, and
/// merges.
private struct ComposeFile {
    /// Names of the variables under `environment`, by service.
    private(set) var services: [String: Set<String>] = [:]
    /// What else stands directly under each service.
    private(set) var keys: [String: Set<String>] = [:]

    init(text: String) throws {
        var anchors: [String: Set<String>] = [:], path: [(indent: Int, key: String)] = []
        for line in text.split(separator: "\n") {
            let content = line.prefix { $0 != "#" }, indent = content.prefix { $0 == " " }.count
            let parts = content.trimmingCharacters(in: .whitespaces).split(separator: ":", maxSplits: 1).map(
                String.init)
            guard let key = parts.first, !key.isEmpty, !key.hasPrefix("-") else { continue }
            path.removeAll { $0.indent >= indent }
            let value = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
            if path.isEmpty, value.hasPrefix("&") {
                path.append((indent, value))
                anchors[value] = []
                continue
            }
            if path.count == 1, let anchor = path.first?.key, anchor.hasPrefix("&") { anchors[anchor]?.insert(key) }
            if path.map(\.key).first == "services", path.count == 2 { keys[path[1].key, default: []].insert(key) }
            if path.map(\.key).first == "services", path.count == 3, path[2].key == "environment" {
                let merged = value.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "*" }).filter {
                    $0.hasPrefix("*")
                }
                let names =
                    key == "<<"
                    ? merged.reduce(into: Set()) { $0.formUnion(anchors["&" + $1.dropFirst()] ?? []) } : [key]
                services[path[1].key, default: []].formUnion(names)
            }
            path.append((indent, key))
        }
    }
}
