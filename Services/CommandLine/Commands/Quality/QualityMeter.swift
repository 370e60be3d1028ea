internal import ClusterClient
internal import Console
internal import Foundation
internal import TerminalOutput
internal import TypedCalls

/// Measures how good a served model's predictions and answers are.
struct QualityMeter: Sendable {
    /// One line of an evaluation file.
    struct Question: Decodable, Sendable {
        struct Message: Codable, Sendable { var role: String, content: String }
        var messages: [Message]
        /// Strings that a right answer contains.
        var answers: [String]
    }

    let client: RESTClient
    let status: ProgressDisplay

    /// The number of characters of a piece of text: some thousand tokens, so that most of them have a long context.
    private static let pieceLength = 8192
    private static let answerTokensMax = 170

    /// The text in pieces that are read apart, each at the end of a line where there is one.
    static func pieces(of text: String) throws -> [String] {
        guard !text.isEmpty else { throw StartError("--text is empty: there is nothing to measure") }
        var pieces: [String] = [], rest = text[...]
        while !rest.isEmpty {
            let limit = rest.index(rest.startIndex, offsetBy: pieceLength, limitedBy: rest.endIndex) ?? rest.endIndex
            let end =
                limit == rest.endIndex
                ? limit
                : rest[..<limit].lastIndex(of: "\n").map { rest.index(after: $0) }
                    ?? limit
            pieces.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return pieces
    }

    static func questions(in lines: String, limit: Int) throws -> [Question] {
        let all = try lines.split(separator: "\n").enumerated().map { index, line in
            do {
                let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
                guard !question.answers.isEmpty, !question.messages.isEmpty else { throw StartError("empty") }
                return question
            } catch {
                throw StartError(
                    "line \(index + 1) of --questions is no question: "
                        + "expected an object with \"messages\" and \"answers\", neither empty")
            }
        }
        guard !all.isEmpty else { throw StartError("--questions holds no question") }
        let count = min(limit, all.count)
        return (0 ..< count).map { all[$0 * all.count / count] }
    }

    /// e to the mean negative log-probability of the text's tokens, without each piece's first.
    func perplexity(of pieces: [String]) async throws -> Double {
        struct Request: Encodable {
            var prompt: String
            var max_tokens = 0
            var echo = true
            var logprobs = 0
        }
        struct Answer: Decodable {
            struct Logprobs: Decodable { var token_logprobs: [Double?] }
            struct Choice: Decodable { var logprobs: Logprobs }
            var choices: [Choice]
        }
        var sum = 0.0, count = 0
        for (index, piece) in pieces.enumerated() {
            status.show("perplexity: piece \(index + 1) of \(pieces.count)")
            let answer: Answer = try await post("/v1/completions", Request(prompt: piece))
            let values = answer.choices.first?.logprobs.token_logprobs.compactMap(\.self) ?? []
            sum += values.reduce(0, +)
            count += values.count
        }
        guard count > 0 else { throw StartError("--text is too short: no token has another before it") }
        return exp(-sum / Double(count))
    }

    /// The mean share of expected strings that occur in a greedy answer, 0 to 1.
    func accuracy(on questions: [Question]) async throws -> Double {
        struct Request: Encodable {
            var messages: [Question.Message]
            var max_tokens: Int
            var temperature = 0.0
        }
        struct Answer: Decodable {
            struct Message: Decodable { var content: String? }
            struct Choice: Decodable { var message: Message }
            var choices: [Choice]
        }
        var points = 0.0
        for (index, question) in questions.enumerated() {
            let soFar = index == 0 ? "" : ", \(decimal(100 * points / Double(index), places: 1)) % right"
            status.show("questions: \(index + 1) of \(questions.count)\(soFar)")
            let answer: Answer = try await post(
                "/v1/chat/completions", Request(messages: question.messages, max_tokens: Self.answerTokensMax))
            let text = answer.choices.first?.message.content ?? ""
            points += Double(question.answers.count { text.contains($0) }) / Double(question.answers.count)
        }
        return points / Double(questions.count)
    }

    private func post<Answer: Decodable>(_ path: String, _ request: some Encodable) async throws -> Answer {
        let answer = try await client.post(
            path, json: Array(try JSONEncoder().encode(request)), limits: .init(silence: .seconds(600)))
        guard answer.status == 200 else {
            throw StartError("the cluster answered \(answer.status): \(answer.text.prefix(300))")
        }
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
        } catch {
            throw StartError("the cluster's answer is not what \(path) should give: \(answer.text.prefix(200))")
        }
    }
}
