import TestSupport
import Testing

@testable import Checkpoint

@Suite("Safetensors")
struct SafetensorsTests {
    typealias Reason = CheckpointError.Reason
    let name = "model.safetensors"

    /// What opening a checkpoint says whose only weight file has these bytes.
    func refusal(_ bytes: [UInt8]) throws -> CheckpointError? {
        let directory = try checkpoint(nil)
        try directory.write(name, bytes)
        return error { try WeightFiles(directory: directory.path) }
    }

    /// Headers, how many bytes of data follow, the tensor that must be named, and why.
    static let lyingHeaders: [(header: String, dataByteCount: Int, tensor: String?, reason: Reason)] = [
        ("{\"a\": \(entry("BF16", [2, 3], 0, 10))}", 10, "a", .byteCount(shapeNeeds: 12, offsetsGive: 10)),
        ("{\"a\": \(entry("BF17", [2, 3], 0, 12))}", 12, "a", .unknownElementType("BF17")),
        ("{\"a\": \(entry("BF16", [-2, -3], 0, 12))}", 12, "a", .shape("[-2, -3]")),
        (
            "{\"a\": \(entry("BF16", [4_294_967_296, 4_294_967_296], 0, 12))}", 12, "a",
            .shape("[4294967296, 4294967296]")
        ),
        ("{\"a\": \(entry("BF16", [6], 12, 0))}", 12, "a", .offsets(begin: 12, end: 0)),
        ("{\"a\": \(entry("BF16", [6], -12, 0))}", 12, "a", .offsets(begin: -12, end: 0)),
        ("{\"a\": \(entry("U8", [12], .max - 12, .max))}", 12, "a", .offsets(begin: .max - 12, end: .max)),
        ("{\"a\": \(entry("BF16", [6], 0, 12)), \"b\": \(entry("BF16", [6], 8, 20))}", 20, "b", .overlap(with: "a")),
        ("{\"a\": \(entry("BF16", [6], 0, 12)), \"b\": \(entry("BF16", [6], 0, 12))}", 12, "b", .overlap(with: "a")),
        (
            "{\"a\": \(entry("BF16", [6], 0, 12)), \"b\": \(entry("BF16", [6], 14, 26))}", 26, "b",
            .hole(begin: 12, end: 14)
        ),
        ("{\"a\": \(entry("BF16", [6], 2, 14))}", 14, "a", .hole(begin: 0, end: 2)),
        (
            "{\"a\": \(entry("BF16", [6], 0, 12)), \"b\": \(entry("BF16", [6], 12, 24))}", 23, "b",
            .truncated(promised: 24, found: 23)
        ),
        ("{\"a\": \(entry("BF16", [6], 0, 12))}", 13, nil, .trailingBytes(1)),
        (
            "{\"a\": \(entry("BF16", [6], 0, 12)), \"a\": \(entry("BF16", [6], 12, 24))}", 24, "a",
            .duplicate(alsoIn: "model.safetensors")
        ),
        (
            "{\"a\": {\"shape\": [6], \"data_offsets\": [0, 12]}}", 12, "a",
            .malformed(field: "dtype", expected: "a string", found: "nothing")
        ),
        (
            "{\"a\": {\"dtype\": \"BF16\", \"data_offsets\": [0, 12]}}", 12, "a",
            .malformed(field: "shape", expected: "a list of integers", found: "nothing")
        ),
        (
            "{\"a\": {\"dtype\": \"BF16\", \"shape\": [6]}}", 12, "a",
            .malformed(field: "data_offsets", expected: "a list of integers", found: "nothing")
        ),
        (
            "{\"a\": {\"dtype\": \"BF16\", \"shape\": [6.5], \"data_offsets\": [0, 12]}}", 12, "a",
            .malformed(field: "shape", expected: "a list of integers", found: "6.5 in it")
        ),
        (
            "{\"a\": {\"dtype\": \"BF16\", \"shape\": [6], \"data_offsets\": [0]}}", 12, "a",
            .malformed(field: "data_offsets", expected: "two integers", found: "1")
        ),
        ("{\"a\": 5}", 12, "a", .malformed(field: "the entry", expected: "an object", found: "5")),
        ("{\"__metadata__\": 5}", 0, nil, .malformed(field: "__metadata__", expected: "an object", found: "5")),
        ("[]", 0, nil, .malformed(field: "the header", expected: "an object", found: "a list of 0")),
        ("{\"a\": ", 0, nil, .notJSON("the header is not JSON: expected a value at byte 6")),
    ]

    @Test("a header that lies is an error that names file and tensor", arguments: lyingHeaders)
    func lies(header: String, dataByteCount: Int, tensor: String?, reason: Reason) throws {
        let bytes = file(header: header, data: [UInt8](repeating: 1, count: dataByteCount))
        let failure = try #require(try refusal(bytes))
        #expect(failure == CheckpointError(file: name, tensor: tensor, reason))
        #expect(failure.description.contains(name) && failure.description.contains(tensor ?? name))
    }

    @Test("a file too short for its length field, or a length beyond file or limit, is an error")
    func lengths() throws {
        #expect(try refusal([]) == CheckpointError(file: name, .tooShort(byteCount: 0)))
        #expect(try refusal([1, 2, 3, 4, 5, 6, 7]) == CheckpointError(file: name, .tooShort(byteCount: 7)))
        #expect(
            try refusal(littleEndian(3) + [0x7B, 0x7D])
                == CheckpointError(file: name, .headerLength(3, fileByteCount: 10)))
        #expect(
            try refusal(littleEndian(.max) + [0x7B, 0x7D])
                == CheckpointError(file: name, .headerLength(.max, fileByteCount: 10)))
        #expect(
            try refusal(littleEndian(0))
                == CheckpointError(file: name, .notJSON("the header is not JSON: expected a value at byte 0")))
        #expect(try refusal(littleEndian(4) + [0x7B, 0x22, 0xFF, 0x22])?.description.contains("valid UTF-8") == true)
    }

    @Test("a header of more than 100 MB is refused before it is read")
    func hugeHeader() throws {
        let directory = try checkpoint(nil)
        try directory.write(name, littleEndian(100_000_001))
        try directory.grow(name, to: 200_000_000)        // a hole in the file: takes no space
        let failure = error(CheckpointError.self) { try WeightFiles(directory: directory.path) }
        #expect(failure == CheckpointError(file: name, .headerLength(100_000_001, fileByteCount: 200_000_000)))
    }

    @Test("a header may be padded, in any order, with empty tensors and unknown fields")
    func tolerated() throws {
        let header =
            """
            {\"b\": \(entry("F32", [1], 4, 8)), \"none\": \(entry("F32", [0, 5], 4, 4)), \"a\": {\"dtype\": \"F32\", \
            \"shape\": [], \"data_offsets\": [0, 4], \"x\": 1}}   
            """
        let parsed = try SafetensorsHeader(json: Array(header.utf8), file: name, dataStart: 100, dataByteCount: 8)
        #expect(parsed.tensors.map(\.name) == ["a", "none", "b"])
        #expect(parsed.tensors.map(\.bytes) == [100 ..< 104, 104 ..< 104, 104 ..< 108])
    }

    @Test("the header of the real model's 8,243 tensors is read, and their shapes give its size")
    func realNames() throws {
        let names = Array(try TensorNames(config: ModelConfig(contentsOf: text01)) { _ in false }.all)
        #expect(names.count == 8243)
        var offset = 0
        let header = json(
            names.map { tensor in
                let end = offset + 2 * tensor.shape.reduce(1, *)
                defer { offset = end }
                return (tensor.name, entry("BF16", tensor.shape, offset, end))
            })
        #expect(offset == 2 * 456_089_655_296)
        let parsed = try SafetensorsHeader(json: Array(header.utf8), file: name, dataStart: 0, dataByteCount: offset)
        #expect(parsed.tensors.map(\.name) == names.map(\.name) && parsed.tensors.last?.bytes.upperBound == offset)
    }

    @Test("no damage to a header does more than throw, and what is accepted lies inside the file")
    func damage() throws {
        let tensors = (0 ..< 6).map {
            TestTensor(name: "t\($0)", shape: [2, 3], bytes: [UInt8](repeating: 0, count: 12))
        }
        let bytes = safetensors(tensors)
        let header = Array(bytes[8 ..< (bytes.count - 72)])
        var random = SplitMix64(seed: 3)
        var refused = 0
        for _ in 0 ..< 3000 {
            var damaged = header
            for _ in 0 ..< Int.random(in: 1 ... 4, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(
                    in: 0x20 ... 0x7F, using: &random)
            }
            do {
                let parsed = try SafetensorsHeader(
                    json: damaged, file: name, dataStart: 8 + header.count, dataByteCount: 72)
                #expect(
                    parsed.tensors.allSatisfy {
                        $0.bytes.lowerBound >= 8 + header.count && $0.bytes.upperBound <= bytes.count
                    })
            } catch { refused += 1 }
        }
        #expect(refused > 1000)
    }
}
