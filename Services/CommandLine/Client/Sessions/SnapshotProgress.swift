internal import Console
internal import NIOHTTP1

/// How far the download of a file has come: what to ask for next, and where what comes belongs. No socket or file in
/// here.
struct SnapshotProgress: Sendable {
    /// The file's tag, once it is known.
    private var tag: String?
    /// Bytes of the file that have come.
    private(set) var received = 0
    /// Of the whole file, once it is known.
    private(set) var total: Int?

    /// Whether there is nothing left to ask for.
    var isComplete: Bool { received == total }

    /// What a request for the rest says; for the whole file where nothing has come.
    var headers: HTTPHeaders {
        guard received > 0, let tag else { return [:] }
        return ["range": "bytes=\(received)-", "if-range": tag]
    }

    /// An answer begins.
    ///
    /// - Returns: where its bytes belong in the file; 0 where the file is another one than before.
    /// - Throws: `StartError` where the answer is not what was asked for.
    mutating func begin(status: Int, _ headers: HTTPHeaders) throws(StartError) -> Int {
        guard let length = headers.first(name: "content-length").flatMap({ Int($0) }) else {
            throw StartError("the router does not tell how long the snapshot is")
        }
        if status == 206 {
            let expected = "bytes \(received)-\(received + length - 1)/\(total ?? 0)"
            let found = headers.first(name: "content-range") ?? "none"
            guard found == expected, received + length == total else {
                throw StartError("the router sent another part than asked for: expected \(expected), found \(found)")
            }
        } else {
            (received, total) = (0, length)
        }
        tag = headers.first(name: "etag")
        return received
    }

    /// So many bytes have come.
    mutating func took(_ count: Int) { received += count }
}
