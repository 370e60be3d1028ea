internal import HTTPTypes
internal import Hummingbird

/// What the head of a request says about the snapshot in its body.
struct SnapshotUpload: Sendable {
    /// What a snapshot's file is called; the first is how it is sent.
    static let mediaTypes = ["application/octet-stream", "application/vnd.safetensors"]
    private let bytesMax: Int

    /// Whether the body is said to be a snapshot.
    static func isMeant(by headers: HTTPFields) -> Bool {
        let type = headers[.contentType]?.split(separator: ";").first.map { $0.filter { $0 != " " && $0 != "\t" } }
        return type.map { mediaTypes.contains($0.lowercased()) } ?? false
    }

    /// - Parameter bytesMax: a file of more data cannot be restored; `Int.max`: that is not known yet.
    /// - Throws: where the file is compressed or too large.
    init(_ headers: HTTPFields, bytesMax: Int) throws(APIError) {
        // Beside what is in the states' memory, a file has token ids and a header.
        let (sum, isTooLarge) = bytesMax.addingReportingOverflow(bytesMax / 8 + (1 << 20))
        self.bytesMax = isTooLarge ? .max : sum
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw APIError(
                status: .unsupportedMediaType, message: "A snapshot is sent as it is, without Content-Encoding.",
                code: "unsupported_content_encoding", acceptEncoding: "identity")
        }
        if let announced = headers[.contentLength].flatMap({ Int($0) }) { try check(announced) }
    }

    func check(_ byteCount: Int) throws(APIError) {
        guard byteCount > bytesMax else { return }
        throw .bodyTooLarge(limit: bytesMax)
    }
}
