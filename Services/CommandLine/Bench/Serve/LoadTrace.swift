internal import Console
internal import Foundation
internal import JSON

/// A load that is told request by request: lines of JSON.
enum LoadTrace {
    private static let names = ["at", "prompt_tokens", "answer_tokens", "key", "priority"]
    private static let secondsMax = 1e6

    /// - Throws: `StartError` with the line's number when one is no request.
    static func read(contentsOf path: String) throws -> [LoadItem] {
        let bytes = try TextFile.bytes(path, "--trace", maxBytes: TextFile.promptBytesMax)
        do { return try read(bytes) } catch { throw StartError("--trace \(path)\(error.description)") }
    }

    /// The requests in the order of their times; empty lines are none.
    static func read(_ bytes: [UInt8]) throws(StartError) -> [LoadItem] {
        var items: [LoadItem] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            guard !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) else { continue }
            do throws(LineError) {
                let item = try item(Array(line))
                if let first = items.first, (first.key == nil) != (item.key == nil) {
                    throw LineError("expected a \"key\" in all lines or in none")
                }
                guard items.count < ArrivalProcess.requestsMax else {
                    throw LineError("expected at most \(ArrivalProcess.requestsMax) requests")
                }
                items.append(item)
            } catch {
                throw StartError(", line \(index + 1): \(error.sentence)")
            }
        }
        guard !items.isEmpty else { throw StartError(" has no request") }
        return items.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private struct LineError: Error {
        let sentence: String
        init(_ sentence: String) { self.sentence = sentence }
    }

    private static func item(_ line: [UInt8]) throws(LineError) -> LoadItem {
        let json: JSONValue
        do { json = try JSONReader.read(line, duplicateNames: .refused) } catch { throw LineError(error.inWords) }
        guard case .object(let members) = json else { throw LineError("expected an object, found \(json.inWords)") }
        if let other = members.first(where: { !names.contains($0.name) }) {
            throw LineError("\"\(other.name)\" is none of \(names.joined(separator: ", "))")
        }
        return LoadItem(
            at: try seconds(json), promptTokens: try length("prompt_tokens", json),
            answerTokens: try length("answer_tokens", json),
            key: try key(json), priority: try priority(json))
    }

    private static func seconds(_ json: JSONValue) throws(LineError) -> Double {
        guard let value = json["at"] else { throw LineError("\"at\" is missing") }
        guard let seconds = value.double, (0 ... secondsMax).contains(seconds) else {
            throw LineError("\"at\" is \(value.inWords), expected seconds from 0 on")
        }
        return seconds
    }

    private static func length(_ name: String, _ json: JSONValue) throws(LineError) -> Int {
        guard let value = json[name] else { throw LineError("\"\(name)\" is missing") }
        let range = LengthDistribution.lengths
        guard let length = value.wholeNumber, range.contains(length) else {
            let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
            throw LineError("\"\(name)\" is \(value.inWords), expected \(expected)")
        }
        return length
    }

    private static func key(_ json: JSONValue) throws(LineError) -> String? {
        switch json["key"] {
        case nil, .null: return nil
        case .string(let name) where KeyWeights.isKey(name): return name
        case let value?:
            throw LineError(
                "\"key\" is \(value.inWords), expected printable ASCII without spaces and commas")
        }
    }

    private static func priority(_ json: JSONValue) throws(LineError) -> LoadItem.Priority? {
        guard let value = json["priority"], value != .null else { return nil }
        guard case .string(let name) = value, let priority = LoadItem.Priority(rawValue: name) else {
            let names = LoadItem.Priority.allCases.map(\.rawValue).joined(separator: ", ")
            throw LineError("\"priority\" is \(value.inWords), expected \(names)")
        }
        return priority
    }
}
