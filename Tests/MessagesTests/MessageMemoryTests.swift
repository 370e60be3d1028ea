import Foundation
import Messages
import Testing

private func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * Int(getpagesize())
}

@Suite("Memory of decoding") struct MessageMemoryTests {
    /// Other tests in this process take and free memory meanwhile; a leak of one message in ten would still be more than the limit.
    @Test("a thousand messages of 1 MiB, good, refused and broken ones, leave nothing behind")
    func leaks() throws {
        let values = [Float](repeating: 1, count: 1 << 18), rows = [UInt32](repeating: 5, count: 1 << 18)
        let good = encode(ExpertRequest(layer: 1, hidden: values, groups: [TokenGroup(expert: 1, rows: rows), TokenGroup(expert: 2, rows: [1])]))
        let refused = Wire().data(1, [UInt8](repeating: 1, count: 1 << 20)).data(2, [1]).bytes
        let broken = Array(good.dropLast())
        let unknown = encode(StateResponse(state: values)) + Wire().data(99, [UInt8](repeating: 1, count: 1 << 20)).bytes
        func round() throws {
            let request = try decode(ExpertRequest.self, good)
            #expect(request.hidden.count == values.count && encode(request).count == good.count)
            #expect(throws: MessageError.self) { try decode(SublayerResponse.self, refused) }
            #expect(throws: MessageError.self) { try decode(ExpertRequest.self, broken) }
            #expect(try decode(StateResponse.self, unknown).state.count == values.count)
        }
        for _ in 0 ..< 20 { try round() }
        let before = try residentBytes()
        for _ in 0 ..< 1000 { try round() }
        let grown = try residentBytes() - before
        #expect(grown < 256 << 20, "resident memory grew by \(grown) bytes over 1000 rounds of several MiB each")
    }
}
