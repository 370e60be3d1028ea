internal import JSON
internal import Tensors
internal import Tokenizer

/// Reads the body of `POST /v1/embeddings`.
struct EmbeddingRequest: Sendable {
    /// How the answer writes a vector.
    enum Format: String, Sendable, CaseIterable {
        /// A list of numbers.
        case float
        /// The same numbers as float32, little-endian, in base64.
        case base64
    }
    /// Most texts of one request, as with OpenAI.
    static let inputsMax = 2048

    /// In token ids.
    let inputs: [[Int32]]
    let format: Format
    private let pooling: Pooling
    private let prefix: PrefixFields
    private let priority: Priority
    private let timeout: Duration?

    var tokenCount: Int { inputs.reduce(0) { $0 + $1.count } }
    var salt: String? { prefix.salt }

    /// - Parameters:
    ///   - trustsSpecialTokens: whether control tokens that texts spell are control tokens; else they are text.
    ///   - cancellation: ends the work early.
    init(
        _ fields: RequestFields, model: ServedModel, _ tokenizer: BytePairTokenizer, trustsSpecialTokens: Bool,
        _ cancellation: CancellationFlag
    ) throws {
        format = try fields.choice("encoding_format", default: .float)
        pooling = try fields.choice("pooling", default: .mean)
        prefix = try PrefixFields(fields)
        priority = try fields.priority()
        timeout = try fields.number("timeout", in: Job.timeoutRange).map { .seconds($0) }
        _ = try fields.string("user")
        // This model's tokenizer puts no tokens around a text, so either value is what happens anyway.
        _ = try fields.bool("add_special_tokens", default: false)
        try Self.checkDimensions(fields, model)
        let truncation = try Job.Truncation(fields)
        for parameter in UnsupportedParameter.ofEmbeddings { try parameter.check(fields, of: .completion) }
        guard let value = fields.value("input") else { throw APIError.missing("input") }
        let sources = try PromptSource.read(
            value, "input", countMax: Self.inputsMax, vocabularySize: model.vocabularySize)
        if truncation == nil {
            for case .text(let text) in sources {
                try Self.check(tokenizer.tokenCountMin(bytes: text.utf8.count), model, isLeast: true)
            }
        }
        inputs = try sources.map { source in
            var input = Job.Prompt(ids: [])
            switch source {
            case .ids(let ids): input.ids = ids
            case .text(let text):
                let text = trustsSpecialTokens ? PromptText(template: text) : PromptText(content: text)
                input.ids = try tokenizer.encoded(text, "input", cancellation).ids
            }
            if let truncation { input.truncate(truncation, room: model.contextLength) }
            guard !input.ids.isEmpty else { throw APIError.emptyPrompt("input") }
            try Self.check(input.ids.count, model)
            return input.ids
        }
    }

    private static func checkDimensions(_ fields: RequestFields, _ model: ServedModel) throws(APIError) {
        let size = model.hiddenSize
        guard let count = try fields.integer("dimensions", in: 1 ... .max), count != size else { return }
        throw .notSupported(
            "dimensions",
            "'dimensions' is not supported unless it is \(size): this model was not trained for shorter ones.")
    }

    private static func check(_ tokens: Int, _ model: ServedModel, isLeast: Bool = false) throws(APIError) {
        guard tokens > model.contextLength else { return }
        throw .contextExceeded("input", contextLength: model.contextLength, prompt: tokens, answer: 0, isLeast: isLeast)
    }

    /// Of one input. Texts to be found again have little in common, so their states are not kept.
    func generationRequest(for index: Int, id: String, account: Int, scope: PrefixScope) -> GenerationRequest {
        var request = GenerationRequest(id: "\(id)-\(index)", prompt: inputs[index], tokensMax: 0)
        request.promptEmbedding = pooling
        (request.account, request.priority, request.timeout, request.scope) = (account, priority, timeout, scope)
        (request.reusesPrefix, request.keepsState) = (prefix.reuses, false)
        return request
    }
}

extension RequestFields {
    /// One of the values that a parameter may have, by name.
    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, default absent: Value
    ) throws(APIError) -> Value {
        guard let text = try string(name) else { return absent }
        if let value = Value(rawValue: text) { return value }
        let names = Value.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or ")
        throw .invalid(
            name, "Invalid '\(name)': expected \(names), but got '\(text.echoed)' instead.", code: "invalid_value")
    }
}
