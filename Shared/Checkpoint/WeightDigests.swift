package import Tensors

/// The digests of a checkpoint's tensors, as a file beside them keeps them: `minimax digest` makes it.
///
/// One line a tensor, and one an expert: of each of its smallest slices the digests of w1, w3 and w2. So whoever reads
/// a slice alone can prove it.
package struct WeightDigests: Sendable, Equatable {
    /// Name of the file in the checkpoint's folder.
    package static let fileName = "weights.digests"
    private static let title = "minimax-cluster weights 1"
    private static let byteCountMax = 32 << 20

    /// Of the tensors' names, types and shapes: tells whether the file belongs to a checkpoint.
    package let structure: String
    /// Of all tensors but the experts', by name.
    package private(set) var tensors: [String: Digest] = [:]
    /// By layer and expert, a shared one last.
    package private(set) var experts: [[[Digest]]] = []

    /// Reads every byte of the checkpoint.
    ///
    /// - Parameter progress: told how many bytes were read since the last time.
    package init(of files: WeightFiles, _ compute: Compute, progress: (Int) throws -> Void = { _ in }) throws {
        structure = files.structure
        for piece in try files.piecesOutsideExperts() {
            tensors[piece.tensor] = compute.digests(of: [piece.matrix])[0]
            piece.matrix.unload()
            try progress(piece.matrix.byteCount)
        }
        for (layer, count) in files.expertCounts.enumerated() {
            experts.append(
                try (0 ..< count).map { expert in
                    let matrices = try files.pieces(layer, expert).map(\.matrix)
                    let digests = compute.digests(of: matrices)
                    try files.unloadExpert(layer, expert)
                    try progress(matrices.reduce(0) { $0 + $1.byteCount })
                    return digests
                })
        }
    }

    // MARK: the file

    /// The file's content: a title with `structure`, the tensors by name, then the experts by layer and number.
    package var text: String {
        var lines = ["\(Self.title) \(structure)"]
        lines += tensors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        for (layer, experts) in experts.enumerated() {
            for (expert, digests) in experts.enumerated() {
                lines.append("\(layer)/\(expert) \(digests.map(\.description).joined(separator: " "))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Those beside a checkpoint.
    ///
    /// - Returns: nil where there is no such file.
    /// - Throws: also where the file is another checkpoint's.
    package init?(beside files: WeightFiles) throws(CheckpointError) {
        let path = "\(files.directory)/\(Self.fileName)"
        guard FileBytes.exists(path) else { return nil }
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(path, byteCountMax: Self.byteCountMax) } catch {
            throw CheckpointError(file: Self.fileName, .unreadable(error.why))
        }
        self = try WeightDigests(text: bytes, for: files)
    }

    init(text: [UInt8], for files: WeightFiles) throws(CheckpointError) {
        let lines = Substring(decoding: text, as: UTF8.self).utf8.split(separator: UInt8(ascii: "\n"))
        func malformed(_ number: Int, _ expected: String) -> CheckpointError {
            let found = lines.indices.contains(number) ? "\"\(Substring(lines[number]).prefix(60))\"" : "nothing"
            return Self.malformed("line \(number + 1)", expected, found)
        }
        guard let first = lines.first, Substring(first).hasPrefix("\(Self.title) ") else {
            throw malformed(0, "\"\(Self.title)\" and a fingerprint")
        }
        structure = String(Substring(first).dropFirst(Self.title.count + 1))
        guard structure == files.structure else { throw CheckpointError(file: Self.fileName, .foreignDigests) }
        experts = files.expertCounts.map { [[Digest]](repeating: [], count: $0) }
        for (number, line) in lines.enumerated().dropFirst() {
            let words = line.split(separator: UInt8(ascii: " "))
            let digests = words.dropFirst().compactMap { Digest(hexadecimal: $0) }
            guard digests.count == words.count - 1, !digests.isEmpty else {
                throw malformed(number, "a name and digests of 32 hexadecimal digits")
            }
            let place = words[0].split(separator: UInt8(ascii: "/")).compactMap { Int(Substring($0)) }
            if place.count == 2, experts.indices.contains(place[0]), experts[place[0]].indices.contains(place[1]) {
                experts[place[0]][place[1]] = digests
            } else {
                tensors[String(Substring(words[0]))] = digests[0]
            }
        }
        try requireAll(files)
    }

    private func requireAll(_ files: WeightFiles) throws(CheckpointError) {
        for piece in try files.piecesOutsideExperts() where tensors[piece.tensor] == nil {
            throw Self.malformed(piece.tensor, "a digest", "nothing")
        }
        for layer in experts.indices {
            for expert in experts[layer].indices {
                let needed = 3 * (try files.slicesMax(layer, expert)), found = experts[layer][expert].count
                guard needed == found else {
                    throw Self.malformed("\(layer)/\(expert)", "\(needed) digests", "\(found)")
                }
            }
        }
    }

    private static func malformed(_ field: String, _ expected: String, _ found: String) -> CheckpointError {
        CheckpointError(file: fileName, .malformed(field: field, expected: expected, found: found))
    }

    // MARK: comparing

    /// Of the slice `index` of `count` of an expert, in the order of `WeightFiles.pieces`.
    package func expert(_ layer: Int, _ expert: Int, slice index: Int, of count: Int) -> ArraySlice<Digest> {
        let digests = experts[layer][expert], width = digests.count / count
        return digests[width * index ..< width * (index + 1)]
    }

    /// The tensors of `files` whose bytes are not those that these digests were made of, in the order of the forward
    /// pass, experts last.
    package func differences(from other: WeightDigests, _ files: WeightFiles) throws(CheckpointError) -> [WeightPiece] {
        var pieces = try files.piecesOutsideExperts().filter { tensors[$0.tensor] != other.tensors[$0.tensor] }
        for layer in experts.indices {
            for expert in experts[layer].indices where experts[layer][expert] != other.experts[layer][expert] {
                let (ours, theirs) = (experts[layer][expert], other.experts[layer][expert])
                var named: Set<String> = []
                pieces += zip(try files.pieces(layer, expert), zip(ours, theirs)).compactMap { piece, digests in
                    digests.0 != digests.1 && named.insert(piece.tensor).inserted ? piece : nil
                }
            }
        }
        return pieces
    }
}
