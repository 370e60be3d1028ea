import Logging
import Messages
import Testing
import Transport

@testable import Router

@Suite("Admission of hosts") struct AdmissionTests {
    private func refusal(_ request: AnnounceRequest) -> Refusal? {
        let admission = TestMembers.admission()
        do throws(Refusal) { _ = try admission.check(request) } catch { return error }
        return nil
    }

    @Test("a host that fits is taken at its address")
    func fits() throws {
        let admission = TestMembers.admission()
        #expect(try admission.check(TestHosts.announcement("a", address: "b:9")) == .tcp(host: "b", port: 9))
    }

    @Test("another checkpoint and another arithmetic are refused for good, with both names")
    func others() {
        let checkpoint = refusal(TestHosts.announcement("a", fingerprint: "g"))
        #expect(checkpoint == .checkpoint(of: "a", theirs: "g", ours: "f"))
        #expect(checkpoint?.code == .failedPrecondition)
        #expect(
            checkpoint?.sentence(to: .expertHost) == "the router's checkpoint is f, host a has g: they must be the same"
        )
        let arithmetic = refusal(TestHosts.announcement("a", arithmetic: "fast"))
        #expect(arithmetic == .arithmetic(of: "a", theirs: "fast", ours: "exact"))
        #expect(
            arithmetic?.sentence(to: .expertHost)
                == "the router's arithmetic is exact, that of host a fast: they must be the same")
    }

    @Test("texts and numbers that cannot be true are named", arguments: [0, 256])
    func lengths(count: Int) {
        let text = String(repeating: "n", count: count)
        #expect(refusal(TestHosts.announcement(text)) == .length(of: "name", bytes: count, max: 255))
        #expect(
            refusal(TestHosts.announcement("a", instance: text)) == .length(of: "instance", bytes: count, max: 255))
        #expect(refusal(TestHosts.announcement(text))?.code == .invalidArgument)
    }

    @Test("a host has between one byte and 2^50, and reads as much a second", arguments: [0, -1, 1 << 50 + 1, .max])
    func sizes(value: Int) {
        #expect(
            refusal(TestHosts.announcement("a", memoryBytes: value))
                == .size(name: "a", of: "memory_bytes", value: value))
        #expect(
            refusal(TestHosts.announcement("a", bandwidth: value))
                == .size(name: "a", of: "read_bandwidth", value: value))
        #expect(refusal(TestHosts.announcement("a", memoryBytes: 1 << 50, bandwidth: 1)) == nil)
    }

    @Test("an address that is none is refused with what is wrong with it")
    func address() {
        let refusal = refusal(TestHosts.announcement("a", address: "moon:99999"))
        #expect(refusal?.sentence(to: .expertHost).hasPrefix("host a: ") == true)
        #expect(refusal?.sentence(to: .expertHost).contains("99999") == true)
        #expect(refusal?.code == .invalidArgument)
    }

    @Test("every refusal has a code by which the host gives up or comes again")
    func codes() {
        #expect(Refusal.nameIsTaken("a", address: "x").code == .resourceExhausted)
        #expect(Refusal.quarantined(name: "a", losses: 2).code == .resourceExhausted)
        #expect(Refusal.tooManyHosts(3).code == .resourceExhausted)
        #expect(Refusal.damagedWeights("x").code == .failedPrecondition)
        #expect(Refusal.size(name: "a", of: "x", value: 0).code == .invalidArgument)
        #expect(Refusal.address(name: "a", problem: "x").code == .invalidArgument)
    }

    @Test("a process of another role is refused by that role's name")
    func otherRole() {
        let attention = refusal(TestHosts.announcement("a", role: "attention"))
        #expect(attention == .role(of: "a", role: "attention") && attention?.code == .invalidArgument)
        let unknown = refusal(TestHosts.announcement("a", role: "oracle"))
        #expect(
            unknown?.sentence(to: .expertHost)
                == "a has the role \"oracle\", which this router has no use for; it takes expert-host and attention")
        #expect(refusal(TestHosts.announcement("a", role: "")) == nil, "who names no role is an expert host")
    }

    @Test("refusals call an attention service one")
    func attentionWords() {
        func sentence(_ request: AnnounceRequest) -> String? {
            do throws(Refusal) { _ = try TestMembers.admission(.attention).check(request) } catch {
                return error.sentence(to: .attention)
            }
            return nil
        }
        func announcement(_ fingerprint: String = "f", name: String = "a", memory: Int = 1) -> AnnounceRequest {
            TestHosts.announcement(name, fingerprint: fingerprint, memoryBytes: memory, role: "attention")
        }
        #expect(sentence(announcement()) == nil)
        #expect(
            sentence(announcement("g"))
                == "the router's checkpoint is f, attention service a has g: they must be the same")
        #expect(sentence(announcement(name: "")) == "an attention service's name has 1 to 255 bytes, not 0")
        #expect(
            sentence(announcement(memory: 0)) == "attention service a: memory_bytes is 0, expected 1 to 2^50")
        #expect(
            Refusal.nameIsTaken("a", address: "x").sentence(to: .attention)
                == "another attention service named a is here already, at x: every attention service needs a --name of "
                + "its own")
        #expect(Refusal.tooManyHosts(3).sentence(to: .attention) == "3 attention services are known already")
    }

    // MARK: log lines

    @Test("each reason is told once for each host, and again when it has changed")
    func once() {
        var admission = TestMembers.admission()
        func isTold(_ losses: Int, _ name: String = "a") -> Bool {
            admission.line(about: .quarantined(name: name, losses: losses), of: name, at: .zero) != nil
        }
        #expect(isTold(2))
        #expect(!isTold(2))
        #expect(isTold(3))
        #expect(isTold(2, "b"))
        #expect(!isTold(3))
    }

    @Test("made-up hosts cannot fill the log: lines are left out, and counted when there is room again")
    func allowance() {
        var admission = TestMembers.admission()
        var now = Duration.zero
        func lines(_ count: Int, from first: Int) -> [LogLine] {
            (first ..< first + count).compactMap { admission.line(about: .tooManyHosts(1), of: "\($0)", at: now) }
        }
        #expect(lines(1000, from: 0).count == 64)
        now = .seconds(10)
        let later = lines(1000, from: 1000)
        #expect(later.count == 1)
        #expect(later.first?.metadata["lines_left_out"] == "936")
        let strangers = (0 ..< 1000).compactMap { _ in
            admission.lineAboutStranger(LogLine(.info, "x", [:]), at: now)
        }
        #expect(strangers.count == 256)
    }

    @Test("a name without end is cut in the log")
    func longName() {
        var admission = TestMembers.admission()
        let name = String(repeating: "n", count: 10_000)
        let line = admission.line(about: .tooManyHosts(1), of: name, at: .zero)
        #expect(line?.metadata["host"] == .string(String(name.prefix(255))))
    }
}
