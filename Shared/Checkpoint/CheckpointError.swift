/// Why a checkpoint cannot be used: the file, the tensor where there is one, what is needed and what is there.
package struct CheckpointError: Error, Equatable, CustomStringConvertible {
    /// What is wrong; all counts and offsets are in bytes.
    package enum Reason: Equatable, Sendable {
        case config(ConfigError)
        case unreadable(String)
        case unwritable(String)
        /// The directory has neither an index nor a single weight file.
        case noWeights
        case notJSON(String)
        /// A part of a header or index that is absent or of the wrong kind.
        case malformed(field: String, expected: String, found: String)
        /// What Git leaves in a large file's place where it has not fetched the file.
        case pointer(byteCount: Int)
        case tooShort(byteCount: Int)
        case headerLength(UInt64, fileByteCount: Int)
        case unknownElementType(String)
        case shape(String)
        case offsets(begin: Int, end: Int)
        case byteCount(shapeNeeds: Int, offsetsGive: Int)
        case overlap(with: String)
        case hole(begin: Int, end: Int)
        case truncated(promised: Int, found: Int)
        case trailingBytes(Int)
        case duplicate(alsoIn: String)
        case shardMissing
        /// More than one; all of them.
        case shardsMissing([String])
        case shardOutside
        case notInShard
        /// The config needs a tensor that the checkpoint lacks.
        case missing
        case unexpectedShape(needed: [Int], found: [Int])
        case elementType(needed: String, found: String)
        /// A tensor that shows that this is another model.
        case foreign
        /// Digests of another checkpoint.
        case foreignDigests
        /// Its bytes are not those that the digests beside it were made of.
        case damaged
    }
    /// Name of the file in the checkpoint's folder, or the folder itself where no one file is to blame.
    package let file: String
    /// Name of the tensor concerned; nil: the error is of the file as a whole.
    package let tensor: String?
    /// What is wrong with the tensor, or with the file where there is none.
    package let reason: Reason

    /// An error of one tensor, or with `tensor` nil of the whole file.
    package init(file: String, tensor: String? = nil, _ reason: Reason) {
        self.file = file
        self.tensor = tensor
        self.reason = reason
    }

    private static let namesMax = 4, nameLengthMax = 50

    /// The first few names, each as far as it is not endless.
    private static func names(_ files: some Collection<String>) -> String {
        let some = files.prefix(namesMax).map { String($0.prefix(nameLengthMax)) }.joined(separator: ", ")
        return files.count > namesMax ? some + ", …" : some
    }

    /// The message for people: the file, the tensor, what is wrong and, where one is known, a remedy.
    package var description: String {
        let place = tensor.map { "\(file): tensor \($0)" } ?? file
        return switch reason {
        case .config(let error): error.description
        case .unreadable(let why): "\(place) cannot be read: \(why)"
        case .unwritable(let why): "\(place) cannot be written: \(why)"
        case .noWeights: "\(place) has neither \(WeightFiles.indexName) nor \(WeightFiles.singleName)"
        case .notJSON(let why): "\(place): \(why)"
        case .malformed(let field, let expected, let found): "\(place): \(field) must be \(expected), found \(found)"
        case .pointer(let count):
            "\(place) is a Git LFS pointer of \(count) bytes, not the file itself; fetch it with git lfs pull"
        case .tooShort(let count): "\(place) has \(count) bytes, too few for a safetensors file"
        case .headerLength(let length, let count):
            """
            \(place) claims a header of \(length) bytes; the file has \(count), and headers end at \
            \(SafetensorsHeader.byteCountMax)
            """
        case .unknownElementType(let name): "\(place) has the unknown dtype \"\(name)\""
        case .shape(let shape): "\(place) has the impossible shape \(shape)"
        case .offsets(let begin, let end): "\(place) has the impossible data_offsets [\(begin), \(end)]"
        case .byteCount(let needed, let given):
            "\(place): shape and dtype need \(needed) bytes, data_offsets span \(given)"
        case .overlap(let other): "\(place) overlaps tensor \(other)"
        case .hole(let begin, let end): "\(place) begins at \(end), but the tensor before it ends at \(begin)"
        case .truncated(let promised, let found):
            "\(place) is cut short: its header promises \(promised) bytes of data, it has \(found)"
        case .trailingBytes(let count): "\(place) has \(count) bytes that belong to no tensor"
        case .duplicate(let other): other == file ? "\(place) occurs twice" : "\(place) occurs in \(other) as well"
        case .shardMissing: "\(place): the index names this file, but it is not there"
        case .shardsMissing(let files):
            """
            \(file): the index names this file and \(files.count - 1) more that are not there: \
            \(Self.names(files.dropFirst()))
            """
        case .shardOutside: "\(place): the index names a file outside the checkpoint's directory"
        case .notInShard: "\(place) should be here by the index, but is not"
        case .missing: "\(place) is missing; is the download complete?"
        case .unexpectedShape(let needed, let found): "\(place) has shape \(found), the config needs \(needed)"
        case .elementType(let needed, let found): "\(place) has dtype \(found), \(needed) is needed"
        case .foreign: "\(place) belongs to no MiniMax-01 model; this checkpoint is another model or quantised"
        case .foreignDigests: "\(place) belongs to another checkpoint; delete it, or make it anew with minimax digest"
        case .damaged:
            "\(place) is not what \(WeightDigests.fileName) says: it is damaged or another model's "
                + "(after a change that was meant, make the digests anew with minimax digest)"
        }
    }
}
