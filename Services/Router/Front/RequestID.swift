internal import Foundation
internal import Hummingbird

/// How one request is called in its answer and in the log: as the client calls it, or by a new name.
enum RequestID {
    private static let lengthMax = 200

    /// - Parameter given: the request's `x-request-id`; only its visible ASCII characters are kept.
    static func of(_ given: String?) -> String {
        let visible =
            given.map {
                String(decoding: $0.utf8.lazy.filter { (0x21 ... 0x7E).contains($0) }.prefix(lengthMax), as: UTF8.self)
            } ?? ""
        return visible.isEmpty ? "req_" + UUID().uuidString.lowercased().filter { $0 != "-" } : visible
    }
}

extension HTTPFields.Element.Name {
    static let requestID = Self("x-request-id")!
    static let accelBuffering = Self("x-accel-buffering")!
}
