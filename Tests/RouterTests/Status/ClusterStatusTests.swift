internal import Admin
internal import Testing

@testable import Router

@Suite("Cluster status") struct ClusterStatusTests {
    private func status(patience: Duration = .seconds(3600)) -> (ClusterStatus, Readiness) {
        let readiness = Readiness(), status = ClusterStatus(readiness: readiness, patience: patience)
        status.setAttention(missing: nil)
        status.setExperts(missing: nil)
        return (status, readiness)
    }

    @Test("probes hear at once what is missing, while requests that were taken still hope")
    func told() {
        let (status, readiness) = status()
        #expect(readiness.current == .ready)
        status.setExperts(missing: "no expert host is connected", fraction: 0)
        #expect(status.missing == "no expert host is connected")
        #expect(readiness.current == .loading(message: "no expert host is connected", fraction: 0.5))
        #expect(status.hopeless == nil && !status.areExpertsHopeless)
        status.setExperts(missing: nil)
        #expect(status.missing == nil && readiness.current == .ready)
    }

    @Test("after their time requests that were taken hope no longer; hosts that load what is missing give hope again")
    func hopeless() {
        let (status, _) = status(patience: .zero)
        status.setExperts(missing: "no expert host is connected", fraction: 0)
        #expect(status.hopeless == "no expert host is connected" && status.areExpertsHopeless)
        let (slow, _) = self.status(patience: .seconds(3600))
        slow.setExperts(missing: "experts are being loaded", fraction: 0.5, isBeingLoaded: true)
        #expect(slow.hopeless == nil)
    }

    @Test("attention is waited for as long as experts are")
    func attention() {
        let (status, _) = status(patience: .zero), (patient, _) = self.status(patience: .seconds(3600))
        for status in [status, patient] { status.setAttention(missing: "the attention service is not connected") }
        #expect(status.hopeless == "the attention service is not connected" && !status.areExpertsHopeless)
        #expect(patient.hopeless == nil && patient.missing != nil && !patient.isAttentionThere)
    }

    @Test("a new request is taken at once where nothing is missing, and refused with the reason after its wait")
    func refused() async throws {
        let (status, _) = status()
        try await status.admit(within: .zero) { true }
        status.setExperts(missing: "no expert host is connected")
        for wait in [Duration.zero, .milliseconds(50)] {
            await #expect(throws: GenerationError.unavailable("no expert host is connected")) {
                try await status.admit(within: wait) { true }
            }
        }
    }

    @Test("a new request that waits is taken when what was missing comes back")
    func taken() async throws {
        let (status, _) = status()
        status.setExperts(missing: "no expert host is connected")
        async let admitted: Void = status.admit(within: .seconds(3600)) { true }
        status.setExperts(missing: nil)
        try await admitted
    }

    @Test("who hangs up waits no longer")
    func cancelled() async {
        let (status, _) = status()
        status.setExperts(missing: "no expert host is connected")
        await #expect(throws: GenerationError.self) { try await status.admit(within: .seconds(3600)) { false } }
        let task = Task { try await status.admit(within: .seconds(3600)) { true } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
