internal import Logging
internal import Messages
internal import NIOCore
internal import Transport

/// Who may become a member: what announcements must say, who has to stay away, and which refusals the log tells.
struct Admission: Sendable {
    /// What the members do in the cluster.
    let role: MemberRole
    /// The router's checkpoint.
    let fingerprint: String
    /// What the whole cluster computes with.
    let arithmetic: String
    private var quarantine = Quarantine()
    /// Runs of processes that have read weights which are not the model's, and the sentence that says so.
    private var damaged: [String: String] = [:]
    /// What was wrong with the weights of the process that was taken out last.
    private(set) var lastDamage: String?
    /// What each refused process was told last.
    private var refusals: [String: Refusal] = [:]
    /// Whoever reaches the control port can make up processes, so that lines about refused ones and about those that
    /// never answered are limited.
    private var refusalLines = LineAllowance(burst: 64, interval: .seconds(10), now: .uptimeNanoseconds(0))
    private var strangerLines = LineAllowance(burst: 256, interval: .seconds(10), now: .uptimeNanoseconds(0))

    init(role: MemberRole, fingerprint: String, arithmetic: String) {
        (self.role, self.fingerprint, self.arithmetic) = (role, fingerprint, arithmetic)
    }

    /// Refuses an announcement that does not fit the cluster, or cannot be true.
    ///
    /// - Returns: where the process says that it is.
    func check(_ request: AnnounceRequest) throws(Refusal) -> Address {
        guard MemberRole(announced: request.role) == role else {
            throw .role(of: cut(request.name), role: cut(request.role))
        }
        guard request.modelFingerprint == fingerprint else {
            throw .checkpoint(of: request.name, theirs: request.modelFingerprint, ours: fingerprint)
        }
        guard request.arithmetic == arithmetic else {
            throw .arithmetic(of: request.name, theirs: request.arithmetic, ours: arithmetic)
        }
        if let sentence = damaged[request.instance] { throw .damagedWeights(sentence) }
        for (what, text) in [("name", request.name), ("instance", request.instance)] {
            let bytes = text.utf8.count
            guard (1 ... Self.nameBytesMax).contains(bytes) else {
                throw .length(of: what, bytes: bytes, max: Self.nameBytesMax)
            }
        }
        for (what, value) in [("memory_bytes", request.memoryBytes), ("read_bandwidth", request.readBandwidth)] {
            guard (1 ... 1 << 50).contains(value) else { throw .size(name: request.name, of: what, value: value) }
        }
        do { return try Address(parsing: request.address) } catch {
            throw .address(name: request.name, problem: "\(error)")
        }
    }

    /// How often a process was lost that has to stay away; nil where it may come.
    func lossesOfQuarantined(_ name: String, at now: Duration) -> Int? {
        quarantine.losses(keepingAway: name, at: now)
    }

    /// A process that had not said it would stop is gone.
    mutating func lost(_ member: Member, at now: Duration) {
        quarantine.lost(member.name, joined: member.joined, at: now)
    }

    /// A run of a process has read weights that are not the model's: it is told so when it announces itself again.
    mutating func foundDamage(of instance: String, _ sentence: String) {
        if damaged.count >= Self.recordsMax { damaged = [:] }
        damaged[instance] = sentence
        lastDamage = sentence
    }

    /// Nothing is missing, so that nobody needs to know what was wrong with a process that is gone.
    mutating func forgetLastDamage() { lastDamage = nil }

    /// Forgets processes whose quarantine is long over.
    mutating func tidy(at now: Duration) { quarantine.tidy(at: now) }

    // MARK: log lines

    /// A process that is refused asks again and again; the log says each reason once.
    mutating func line(about refusal: Refusal, of name: String, at now: Duration) -> LogLine? {
        let name = cut(name)
        guard refusals[name] != refusal else { return nil }
        if refusals.count >= Self.recordsMax { refusals = [:] }
        refusals[name] = refusal
        let line = LogLine(
            .notice, "\(role.title) refused", [role.logKey: "\(name)", "why": "\(refusal.sentence(to: role))"])
        return line.within(&refusalLines, at: now)
    }

    /// The line, unless there were too many about processes that have not proven yet that they are members.
    mutating func lineAboutStranger(_ line: LogLine, at now: Duration) -> LogLine? {
        line.within(&strangerLines, at: now)
    }

    /// A text of a stranger, as far as logs and errors show it.
    private func cut(_ text: String) -> String { String(text.prefix(Self.nameBytesMax)) }

    private static let nameBytesMax = 255
    private static let recordsMax = 1024
}

extension MemberRole {
    /// Under which key log lines have the name of a process of this role.
    var logKey: String {
        switch self {
        case .expertHost: "host"
        case .attention: "service"
        }
    }
}
