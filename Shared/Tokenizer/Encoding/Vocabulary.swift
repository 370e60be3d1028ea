/// All tokens of a file, base and added: id to bytes, content to id.
struct Vocabulary: Sendable {
    /// Larger ids than this only come from damaged files; it bounds the table that is indexed by id.
    static let idMax = 1 << 22

    private var bytesByID: [[UInt8]?] = []
    private var isSpecialByID: [Bool] = []
    /// Base tokens that spell bytes; only these can come out of encoding.
    private var idsByBytes: [[UInt8]: Int32] = [:]
    /// Every other token by its UTF-8: added ones, and base tokens with scalars outside the byte alphabet.
    private var idsByContent: [[UInt8]: Int32] = [:]
    /// The same the other way round.
    private var contentsByID: [Int32: [UInt8]] = [:]

    /// Highest id + 1.
    var count: Int { bytesByID.count }

    var longestByteCount: Int { bytesByID.reduce(0) { max($0, $1?.count ?? 0) } }

    /// The bytes of `id` when decoded, or nil if there is no such token.
    func bytes(of id: Int32) -> [UInt8]? {
        id >= 0 && Int(id) < count ? bytesByID[Int(id)] : nil
    }

    /// How the file spells `id`; nil if there is no such token.
    func spelling(of id: Int32) -> String? {
        if let content = contentsByID[id] { return String(decoding: content, as: UTF8.self) }
        return bytes(of: id).map(ByteAlphabet.spelling(of:))
    }

    func isSpecial(_ id: Int32) -> Bool {
        id >= 0 && Int(id) < count && isSpecialByID[Int(id)]
    }

    /// The base token that is exactly these bytes.
    func id(ofBytes bytes: [UInt8]) -> Int32? { idsByBytes[bytes] }

    /// The base tokens that spell bytes.
    var wordIDs: [Int32] { Array(idsByBytes.values) }

    func id(of token: String) -> Int32? {
        idsByContent[Array(token.utf8)] ?? ByteAlphabet.bytes(spelledBy: token).flatMap { idsByBytes[$0] }
    }

    mutating func reserve(_ count: Int) {
        bytesByID.reserveCapacity(count)
        isSpecialByID.reserveCapacity(count)
        idsByBytes.reserveCapacity(count)
    }

    /// Files a base token. Returns false if its id or its content is taken.
    mutating func insert(_ token: String, id: Int32) -> Bool {
        let spelled = ByteAlphabet.bytes(spelledBy: token)
        let bytes = spelled ?? Array(token.utf8)
        guard place(bytes, at: id) else { return false }
        if spelled == nil { contentsByID[id] = bytes }
        return
            (spelled == nil ? idsByContent.updateValue(id, forKey: bytes) : idsByBytes.updateValue(id, forKey: bytes))
            == nil
    }

    /// Files an added token; one that repeats a base token with its id only marks it. Returns false if id or content is
    /// taken.
    mutating func insert(added token: AddedToken) -> Bool {
        if let known = id(of: token.content) {
            guard known == token.id else { return false }
        } else {
            // Decoding reads added tokens in the byte alphabet too where it can, as Hugging Face does.
            let bytes = ByteAlphabet.bytes(spelledBy: String(decoding: token.text, as: UTF8.self)) ?? token.text
            guard place(bytes, at: token.id) else { return false }
            idsByContent[Array(token.content.utf8)] = token.id
            contentsByID[token.id] = Array(token.content.utf8)
        }
        isSpecialByID[Int(token.id)] = token.isSpecial
        return true
    }

    private mutating func place(_ bytes: [UInt8], at id: Int32) -> Bool {
        if Int(id) >= count {
            let missing = Int(id) + 1 - count
            bytesByID.append(contentsOf: repeatElement(nil, count: missing))
            isSpecialByID.append(contentsOf: repeatElement(false, count: missing))
        }
        guard bytesByID[Int(id)] == nil else { return false }
        bytesByID[Int(id)] = bytes
        return true
    }
}
