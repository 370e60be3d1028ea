package import Tensors

/// A checkpoint directory: its config, and its tensors mapped from safetensors files, used where they lie.
///
/// Opening reads and checks the headers only, so it is instant for any size; data is read when a tensor's pages are
/// touched. Once it is open, every tensor that the config needs is known to be there with its right shape.
package final class WeightFiles: Sendable {
    static let indexName = "model.safetensors.index.json"
    static let singleName = "model.safetensors"

    struct Location: Sendable {
        let file: MappedFile
        let entry: TensorEntry

        /// Where the first byte lies; valid while the file lives.
        var address: UnsafeRawPointer { unsafe file.address(entry.bytes) }
    }

    /// From `config.json`; end tokens from `generation_config.json` where that names any.
    package let config: ModelConfig
    /// Tensors that nothing uses and that are not among the known harmless ones (`TensorKind`): worth a line in the
    /// log.
    package let unusedTensors: [String]
    let locations: [String: Location]
    let directory: String

    /// Opens the checkpoint in a folder, whose weight files are named by an index or are a single one.
    ///
    /// - Throws: where the folder, the config or a header cannot be used, or a tensor is missing or does not fit.
    package init(directory: String) throws(CheckpointError) {
        guard FileBytes.exists(directory) else {
            throw CheckpointError(file: directory, .unreadable("there is no such folder"))
        }
        do { config = try ModelConfig(contentsOf: directory) } catch {
            throw CheckpointError(file: error.file, .config(error))
        }
        self.directory = directory
        locations = try Self.locate(in: directory)
        unusedTensors = try Self.validate(config, locations, in: directory)
    }

    /// The weights called `name`, of exactly this shape; a vector is one row.
    package func matrix(_ name: String, rows: Int, columns: Int) throws(CheckpointError) -> WeightMatrix {
        let isVector = rows == 1 && locations[name]?.entry.shape.count == 1
        return try weights(NamedTensor(name: name, shape: isVector ? [columns] : [rows, columns]))
    }

    /// A tensor of any rank as (product of the leading dimensions, last dimension).
    func weights(_ tensor: NamedTensor) throws(CheckpointError) -> WeightMatrix {
        let place = try Place(of: tensor, locations, config.quantization, in: directory)
        return unsafe WeightMatrix(
            rows: tensor.shape.dropLast().reduce(1, *), columns: tensor.shape.last ?? 1, elementType: place.elementType,
            base: place.elements.address, owner: place.elements.file,
            scales: place.scales.map { unsafe $0.address }, scalesOwner: place.scales?.file)
    }

    /// Bytes of all tensors that the model uses, as stored, scales included.
    package var byteCount: Int { names.all.reduce(0) { $0 + ((try? weights($1))?.byteCount ?? 0) } }

    var names: TensorNames { TensorNames(config: config) { [locations] in locations[$0] != nil } }
}

extension WeightFiles {
    /// Checks that every tensor the config needs is there and fits; returns the names of those that nothing uses.
    private static func validate(
        _ config: ModelConfig, _ locations: [String: Location], in directory: String
    ) throws(CheckpointError) -> [String] {
        var rest = Set(locations.keys)
        // First, since "another model" explains more than the missing tensor that would follow from it.
        if let foreign = rest.filter({ TensorKind(name: $0) == .foreign }).min(), let location = locations[foreign] {
            throw CheckpointError(file: location.file.name, tensor: foreign, .foreign)
        }
        for tensor in TensorNames(config: config, contains: { locations[$0] != nil }).all {
            let place = try Place(of: tensor, locations, config.quantization, in: directory)
            rest.remove(tensor.name)
            if let scales = place.scales { rest.remove(scales.entry.name) }
        }
        return rest.filter { TensorKind(name: $0) == .unknown }.sorted()
    }
}

/// What a tensor that the text model does not use is.
enum TensorKind {
    /// Buffers that some writers store and every reader computes, and the other parts of MiniMax-VL-01.
    case harmless
    /// Parts no MiniMax-01 text model has: biases, query and key norms, quantisation scales.
    case foreign
    case unknown

    init(name: String) {
        let visionPrefixes = [
            "vision_tower.", "multi_modal_projector.", "image_newline", "model.vision_tower.",
            "model.multi_modal_projector.", "model.image_newline",
        ]
        let buffers = ["slope_rate", "query_decay", "key_decay", "diagonal_decay", "inv_freq"]
        let foreignSuffixes = [
            ".bias", ".q_norm.weight", ".k_norm.weight", ".e_score_correction_bias", "_scale_inv", ".weight_scale",
            ".qweight", ".weight._data",
        ]
        if visionPrefixes.contains(where: name.hasPrefix) {
            self = .harmless
        } else if name.contains("layers."), buffers.contains(where: { name.hasSuffix(".\($0)") }) {
            self = .harmless
        } else if name.contains("layers."), foreignSuffixes.contains(where: name.hasSuffix) {
            self = .foreign
        } else {
            self = .unknown
        }
    }
}
