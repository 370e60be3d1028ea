internal import Foundation

/// Files whose size is not ours to choose.
package enum BoundedFile {
    /// The bytes of the file at `path`.
    ///
    /// - Parameter bytesMax: of a larger file no more than this is read.
    /// - Throws: `TokenizerError` for a file that cannot be read, or is larger.
    package static func content(of path: String, bytesMax: Int) throws(TokenizerError) -> [UInt8] {
        let data: Data
        do {
            data = try FileHandle(forReadingFrom: URL(filePath: path)).read(upToCount: bytesMax + 1) ?? Data()
        } catch {
            throw TokenizerError(
                file: path, field: "", expected: "a readable file", found: "\(error.localizedDescription)")
        }
        guard data.count <= bytesMax else {
            throw TokenizerError(file: path, field: "", expected: "at most \(bytesMax) bytes", found: "more")
        }
        return Array(data)
    }
}
