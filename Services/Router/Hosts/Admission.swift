internal import Logging
internal import Messages
internal import NIOCore
internal import Transport

/// Who may become a member: what announcements must say, who has to stay away, and which refusals the log tells.
struct Admission: Sendable {
    /// The router's checkpoint.
    let fingerprint: String
    /// What the whole cluster computes with.
    let arithmetic: String
    private var quarantine = Quarantine()
    /// Runs of hosts that have read weights which are not the model's, and the sentence that says so.
    private var damaged: [String: String] = [:]
    /// What was wrong with the weights of the host that was taken out last.
    private(set) var lastDamage: String?
    /// What each refused host was told last.
    private var refusals: [String: Refusal] = [:]
    /// Whoever reaches the control port can make up hosts, so that lines about refused hosts and about hosts that never
    /// answered are limited.
    private var refusalLines = LineAllowance(burst: 64, interval: .seconds(10), now: .uptimeNanoseconds(0))
    private var strangerLines = LineAllowance(burst: 256, interval: .seconds(10), now: .uptimeNanoseconds(0))

    init(fingerprint: String, arithmetic: String) { (self.fingerprint, self.arithmetic) = (fingerprint, arithmetic) }

    /// Refuses an announcement that does not fit the cluster, or cannot be true.
    ///
    /// - Returns: where the host says that it is.
    func check(_ request: AnnounceRequest) throws(Refusal) -> Address {
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

    /// How often a host was lost that has to stay away; nil where it may come.
    func lossesOfQuarantined(_ name: String, at now: Duration) -> Int? {
        quarantine.losses(keepingAway: name, at: now)
    }

    /// A host that had not said it would stop is gone.
    mutating func lost(_ member: Member, at now: Duration) {
        quarantine.lost(member.name, joined: member.joined, at: now)
    }

    /// A run of a host has read weights that are not the model's: it is told so when it announces itself again.
    mutating func foundDamage(of instance: String, _ sentence: String) {
        if damaged.count >= Self.recordsMax { damaged = [:] }
        damaged[instance] = sentence
        lastDamage = sentence
    }

    /// All experts are served, so that nobody needs to know what was wrong with a host that is gone.
    mutating func forgetLastDamage() { lastDamage = nil }

    /// Forgets hosts whose quarantine is long over.
    mutating func tidy(at now: Duration) { quarantine.tidy(at: now) }

    // MARK: log lines

    /// A host that is refused asks again and again; the log says each reason once.
    mutating func line(about refusal: Refusal, of name: String, at now: Duration) -> LogLine? {
        let name = String(name.prefix(Self.nameBytesMax))
        guard refusals[name] != refusal else { return nil }
        if refusals.count >= Self.recordsMax { refusals = [:] }
        refusals[name] = refusal
        let line = LogLine(.notice, "expert host refused", ["host": "\(name)", "why": "\(refusal)"])
        return line.within(&refusalLines, at: now)
    }

    /// The line, unless there were too many about hosts that have not proven yet that they are any.
    mutating func lineAboutStranger(_ line: LogLine, at now: Duration) -> LogLine? {
        line.within(&strangerLines, at: now)
    }

    private static let nameBytesMax = 255
    private static let recordsMax = 1024
}
