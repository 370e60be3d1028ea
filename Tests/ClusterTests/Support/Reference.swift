import Foundation
import JSON

/// Tensors of a safetensors file that an independent implementation wrote. A reader of its own: the product's reader is
/// under test elsewhere.
struct ReferenceTensors {
    private var floats: [String: [Float]] = [:]
    private var integers: [String: [Int]] = [:]

    init(_ file: URL) throws {
        struct Entry: Decodable { let dtype: String, data_offsets: [Int] }
        let data = try Data(contentsOf: file)
        let length = Int(data.prefix(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
        guard let header = try JSONSerialization.jsonObject(with: data[8 ..< 8 + length]) as? [String: [String: Any]]
        else {
            throw SupportError("\(file.path) has no header")
        }
        for (name, entry) in header {
            guard let type = entry["dtype"] as? String, let offsets = entry["data_offsets"] as? [Int] else { continue }
            data[8 + length + offsets[0] ..< 8 + length + offsets[1]].withUnsafeBytes { bytes in
                func elements<T>(_: T.Type) -> [T] {
                    stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size).map {
                        bytes.loadUnaligned(fromByteOffset: $0, as: T.self)
                    }
                }
                switch type {
                case "F32": floats[name] = elements(Float.self)
                case "I32": integers[name] = elements(Int32.self).map(Int.init)
                case "I64": integers[name] = elements(Int64.self).map(Int.init)
                default: break
                }
            }
        }
    }

    var floatNames: [String] { floats.keys.sorted() }

    func values(_ name: String) throws -> [Float] {
        guard let values = floats[name] else { throw SupportError("no float tensor \(name)") }
        return values
    }

    func integers(_ name: String) throws -> [Int] {
        guard let values = integers[name] else { throw SupportError("no integer tensor \(name)") }
        return values
    }
}

/// ‖a − b‖ / ‖b‖; infinite where the counts differ.
func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let difference = zip(a, b).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    let norm = b.reduce(0.0) { $0 + Double($1) * Double($1) }
    return (difference / max(norm, .leastNormalMagnitude)).squareRoot()
}

/// The largest |a − b|; infinite where the counts differ or a value is NaN.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { $1.0.isNaN || $1.1.isNaN ? .infinity : max($0, abs($1.0 - $1.1)) }
}
