internal import JSON

extension WeightFiles {
    /// Maps the checkpoint's files, by index or the single one, and says where each tensor lies.
    static func locate(in directory: String) throws(CheckpointError) -> [String: Location] {
        let indexPath = "\(directory)/\(indexName)"
        if FileBytes.exists(indexPath) {
            let bytes: [UInt8]
            do { bytes = try FileBytes.read(indexPath, byteCountMax: SizeLimits.indexBytes) } catch {
                throw CheckpointError(file: indexName, .unreadable(error.why))
            }
            return try locate(byIndex: shards(index: bytes), in: directory)
        }
        guard FileBytes.exists("\(directory)/\(singleName)") else { throw CheckpointError(file: directory, .noWeights) }
        return try locations(in: open(singleName, in: directory))
    }

    private static func open(_ name: String, in directory: String) throws(CheckpointError) -> MappedFile {
        do { return try MappedFile(path: "\(directory)/\(name)", name: name) } catch {
            throw CheckpointError(file: name, error.isAbsent ? .shardMissing : .unreadable(error.why))
        }
    }

    private static func locations(in file: MappedFile) throws(CheckpointError) -> [String: Location] {
        var locations: [String: Location] = [:]
        for entry in try SafetensorsHeader(of: file).tensors {
            locations[entry.name] = Location(file: file, entry: entry)
        }
        return locations
    }

    /// The index's `weight_map`: (tensor, file) in the file's order.
    private static func shards(index: [UInt8]) throws(CheckpointError) -> [(tensor: String, file: String)] {
        let value: JSONValue
        do {
            value = try JSONReader.read(
                index, duplicateNames: .refused, limits: .init(valuesMax: SizeLimits.indexValues))
        } catch {
            if case .duplicateName(let name) = error.problem {
                throw CheckpointError(file: indexName, tensor: name, .duplicate(alsoIn: indexName))
            }
            throw CheckpointError(file: indexName, .notJSON(error.inWords))
        }
        guard case .object = value else {
            throw CheckpointError(
                file: indexName, .malformed(field: "the index", expected: "an object", found: value.inWords))
        }
        guard case .object(let members)? = value["weight_map"] else {
            throw CheckpointError(
                file: indexName,
                .malformed(field: "weight_map", expected: "an object", found: value["weight_map"]?.inWords ?? "nothing")
            )
        }
        var shards: [(String, String)] = []
        for member in members {
            guard case .string(let file) = member.value else {
                throw CheckpointError(
                    file: indexName, tensor: member.name,
                    .malformed(field: "the file", expected: "a string", found: member.value.inWords))
            }
            shards.append((member.name, file))
        }
        return shards
    }

    private static func locate(
        byIndex index: [(tensor: String, file: String)], in directory: String
    ) throws(CheckpointError) -> [String: Location] {
        var perFile: [String: [String: Location]] = [:]
        var home: [String: String] = [:]        // tensor name -> the file that holds it, in the index or not
        let names = Set(index.map(\.file)).sorted()
        let absent = names.filter { staysInside($0) && !FileBytes.exists("\(directory)/\($0)") }
        guard absent.count < 2 else { throw CheckpointError(file: absent[0], .shardsMissing(absent)) }
        for name in names {
            guard staysInside(name) else { throw CheckpointError(file: name, .shardOutside) }
            let found = try locations(in: open(name, in: directory))
            for tensor in found.keys {
                if let other = home.updateValue(name, forKey: tensor) {
                    throw CheckpointError(file: name, tensor: tensor, .duplicate(alsoIn: other))
                }
            }
            perFile[name] = found
        }
        var locations: [String: Location] = [:]
        for (tensor, file) in index {
            guard let location = perFile[file]?[tensor] else {
                throw CheckpointError(file: file, tensor: tensor, .notInShard)
            }
            locations[tensor] = location
        }
        return locations
    }

    /// Whether a path from an index stays in the checkpoint's directory; a link inside it may point anywhere, as in
    /// download caches.
    private static func staysInside(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.utf8.contains(0) && !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
    }
}
