import Testing

@testable import LocalCluster
@testable import TerminalOutput

@Suite("Start view") struct StartViewTests {
    private let rows = [
        ProcessRow(
            name: "attention", state: .loading(message: "mapping weights", fraction: 0.456), ownBytes: 3 << 20,
            mappedBytes: 31 << 20),
        ProcessRow(name: "expert-host-1", state: .starting),
        ProcessRow(name: "router", state: .ready(seconds: 0.66), ownBytes: 12 << 20),
        ProcessRow(name: "x", state: .ended("exited with status 1")),
    ]

    @Test("a line per process, in columns, without colours where none are wanted")
    func plain() {
        #expect(
            StartView(width: 100, colours: false).lines(rows) == [
                "  attention      loading   45 %  mapping weights           3 MB + 31 MB mapped",
                "  expert-host-1  starting",
                "  router         ready    0.7 s                           12 MB",
                "  x              ended    exited with status 1",
            ])
    }

    @Test("colours surround the state's word only and change nothing else")
    func colours() {
        let plain = StartView(width: 100, colours: false).lines(rows)
        let coloured = StartView(width: 100, colours: true).lines(rows)
        #expect(coloured[2].contains("\u{1B}[32mready\u{1B}[0m"))
        #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") } == plain)
    }

    @Test("no line is as wide as the terminal", arguments: 1 ... 90)
    func narrow(width: Int) {
        for line in StartView(width: width, colours: true).lines(rows) {
            #expect(line.replacing(/\u{1B}\[[0-9]+m/, with: "").count < max(width, 2))
        }
    }

    @Test("in a log only changes are told, and never a control sequence")
    func changes() {
        let loading = ProcessRow(name: "a", state: .loading(message: "reading", fraction: 0.1))
        let further = ProcessRow(name: "a", state: .loading(message: "reading", fraction: 0.9), ownBytes: 7)
        let ready = ProcessRow(name: "a", state: .ready(seconds: 1.26))
        #expect(StartView.change(from: ProcessRow(name: "a"), to: loading) == "a: reading")
        #expect(StartView.change(from: loading, to: further) == nil)
        #expect(StartView.change(from: further, to: ready) == "a: ready after 1.3 s")
        #expect(StartView.change(from: ready, to: ready) == nil)
    }

    @Test("a progress that is no number draws as nothing done", arguments: [Double.nan, -1, .infinity])
    func odd(fraction: Double) {
        let row = ProcessRow(name: "a", state: .loading(message: "m", fraction: fraction))
        let line = StartView(width: 80, colours: false).lines([row])[0]
        #expect(line == "  a  loading    0 %  m")
    }

    @Test(
        "one decimal is rounded half up and never traps",
        arguments: [
            (1.25, "1.3"), (0, "0.0"), (-0.04, "0.0"), (-2.5, "-2.5"), (1e300, "–"), (Double.nan, "–"),
            (456.0896, "456.1"),
        ])
    func decimals(number: Double, text: String) { #expect(oneDecimal(number) == text) }
}
