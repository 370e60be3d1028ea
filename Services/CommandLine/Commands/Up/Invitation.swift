internal import Console
internal import TerminalOutput
internal import Transport

/// What a person needs to know once a cluster serves; the lines work as pasted.
struct Invitation {
    enum Greeting: Equatable {
        case model(String)
        case asksForKey
        /// No answer, or none that is understood.
        case silence
    }

    let url: String
    /// The address of the router's admin server.
    let admin: Address
    let greeting: Greeting
    /// Whether other machines reach the REST front.
    let isOpen: Bool

    func text(seconds: Double) -> String {
        """
        Ready after \(oneDecimal(seconds)) s: \(url)

          curl -N \(url)/v1/chat/completions\(key) -H 'content-type: application/json' -d \(shellQuoted(body))
          curl \(metrics)
          minimax plan --admin \(shellQuoted("\(admin)"))
        \(warning)
        Ctrl-C stops it.
        """
    }

    private var body: String {
        let model = if case .model(let name) = greeting { "\"model\":\(jsonString(name))," } else { "" }
        return "{\(model)\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":32,\"stream\":true}"
    }

    private var key: String { greeting == .asksForKey ? " -H 'authorization: Bearer YOUR_KEY'" : "" }

    private var metrics: String {
        switch admin {
        case .unix(let path): "--unix-socket \(shellQuoted(path)) http://router/metrics"
        case .tcp: "http://\(admin)/metrics"
        }
    }

    private var warning: String {
        guard isOpen, greeting != .asksForKey else { return "" }
        return "\nWhoever reaches this machine may use it: there are no API keys (--api-keys-file).\n"
    }
}
