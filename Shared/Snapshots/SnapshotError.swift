package import Checkpoint

/// Why a kept state cannot be written to disk or read back.
package enum SnapshotError: Error, Equatable, CustomStringConvertible {
    /// There is no such file.
    case missing
    /// The disk or the system refuses, in its own words; what is on disk is as good as before.
    case disk(String)
    /// What is on disk is not what was written.
    case damaged(String)
    /// The file was written by a later version of this program.
    case newerFormat(expected: Int, found: Int)
    /// The state was computed by another checkpoint.
    case foreignCheckpoint(expected: String, found: String)
    /// The state was computed in another arithmetic.
    case otherArithmetic(expected: String, found: String)
    /// The state is of other heads than this service computes.
    case otherPart(expected: AttentionPart, found: AttentionPart)
    /// The file is whole, but has other tensors than the state needs.
    case otherTensors(String)

    /// Why, in words that name what was expected and found.
    package var description: String {
        switch self {
        case .missing: "the state's file is gone"
        case .disk(let why), .damaged(let why), .otherTensors(let why): why
        case .newerFormat(let expected, let found):
            "the state's file has format version \(found), which is newer than this program's version \(expected)"
        case .foreignCheckpoint(let expected, let found):
            """
            the state is of another checkpoint: its fingerprint must be \(expected), as the loaded checkpoint's is, \
            found \(found)
            """
        case .otherArithmetic(let expected, let found):
            """
            the state was computed in another arithmetic: expected \(expected), as this service computes, found \(found)
            """
        case .otherPart(let expected, let found):
            "the state is of another part of attention: expected \(expected.inWords), found \(found.inWords)"
        }
    }
}
