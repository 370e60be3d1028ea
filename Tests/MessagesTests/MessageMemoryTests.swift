import Foundation
import Messages
import Testing

private func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * Int(getpagesize())
}

@Suite("Memory of decoding") struct MessageMemoryTests {
    @Test("a thousand messages of 1 MiB, good, refused and broken ones, leave nothing behind")
    func leaks() throws {
        let values = [Float](repeating: 1, count: 1 << 18), rows = [UInt32](repeating: 5, count: 1 << 18)
        let groups = [TokenGroup(expert: 1, rows: rows), TokenGroup(expert: 2, rows: [1])]
        let good = encode(ExpertRequest(layer: 1, hidden: values, groups: groups))
        let refused = Wire().data(1, [UInt8](repeating: 1, count: 1 << 20)).data(2, [1]).bytes
        let broken = Array(good.dropLast())
        let unknownField = Wire().data(99, [UInt8](repeating: 1, count: 1 << 20)).bytes
        let unknown = encode(SublayerResponse(partial: values, squares: [])) + unknownField
        func round() throws {
            let request = try decode(ExpertRequest.self, good)
            #expect(request.hidden.count == values.count && encode(request).count == good.count)
            #expect(throws: MessageError.self) { try decode(SublayerResponse.self, refused) }
            #expect(throws: MessageError.self) { try decode(ExpertRequest.self, broken) }
            #expect(try decode(SublayerResponse.self, unknown).partial.count == values.count)
        }
        for _ in 0 ..< 20 { try round() }
        // Other tests take memory meanwhile, but hardly in every batch; a leak of one message a round would add 200 MiB
        // to each.
        var smallestGrowth = Int.max
        for _ in 0 ..< 5 {
            let before = try residentBytes()
            for _ in 0 ..< 200 { try round() }
            smallestGrowth = min(smallestGrowth, try residentBytes() - before)
        }
        #expect(
            smallestGrowth < 64 << 20,
            "resident memory grew by at least \(smallestGrowth) bytes in every 200 rounds of several MiB each")
    }
}
