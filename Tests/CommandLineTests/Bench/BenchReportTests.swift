import Foundation
import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Bench report") struct BenchReportTests {
    private let machine = MachineDescription(
        processor: "CPU 9", cores: 4, instructionSets: ["scalar", "avx2"], kernels: "avx2", threads: 3)
    private let measurements = [
        Measurement(name: "a.read", value: 12.34, unit: "GB/s", ceiling: 24.68),
        Measurement(name: "a", value: 1234.5, unit: "GB/s"),
        Measurement(name: "hop \"x\"", value: 30, unit: "µs", ceiling: 15, better: .lower),
    ]

    @Test("people see the machine, and a table for each unit, which stands in the header")
    func text() {
        #expect(
            BenchReport(machine, measurements).text(json: false) == """
                CPU 9, 4 cores, scalar avx2; kernels avx2, 3 threads

                        GB/s  ceiling  share
                a.read  12.3     24.7   50 %
                a       1235

                           µs  ceiling  share
                hop "x"  30.0     15.0   50 %
                """)
    }

    @Test("where nothing has a ceiling there are no columns for it; one core and one thread are no plural")
    func bare() {
        let alone = MachineDescription(
            processor: "CPU", cores: 1, instructionSets: ["neon"], kernels: "neon", threads: 1)
        #expect(
            BenchReport(alone, [Measurement(name: "a", value: 0.5, unit: "s")]).text(json: false) == """
                CPU, 1 core, neon; kernels neon, 1 thread

                       s
                a  0.500
                """)
    }

    @Test("programs get one JSON object a line, with ceiling and share where there is a ceiling")
    func json() throws {
        let lines = BenchReport(machine, measurements).text(json: true).split(separator: "\n")
        #expect(lines[0] == #"{"name":"a.read","value":12.34,"unit":"GB/s","ceiling":24.68,"share":0.5}"#)
        #expect(lines[1] == #"{"name":"a","value":1234.5,"unit":"GB/s"}"#)
        let last = try #require(try JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
        #expect(last["name"] as? String == "hop \"x\"")
        #expect(last["share"] as? Double == 0.5)
        #expect(lines.count == 3)
    }

    @Test("what could not be measured is null, never NaN, and has no share")
    func nothing() throws {
        let line = Measurement(name: "n", value: .nan, unit: "s", ceiling: 1).json
        #expect(line == #"{"name":"n","value":null,"unit":"s","ceiling":1.0}"#)
        #expect(Measurement(name: "n", value: 1, unit: "s", ceiling: 0).share == nil)
    }

    @Test("the first column stands left, the others right, and no line ends in spaces")
    func table() {
        let table = TextTable(header: ["", "GB/s", "x"], rows: [["long name", "1", ""], ["b", "22222", "3"]])
        #expect(table.lines == ["            GB/s  x", "long name      1", "b          22222  3"])
    }

    @Test(
        "figures have the digits that count",
        arguments: [
            (1234.5, "1235"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123"), (0, "0.000"),
            (-1.5, "-1.50"), (Double.nan, "–"),
            (.infinity, "–"), (1e300, "–"), (0.9999, "1.000"), (9.999, "10.00"),
        ])
    func figures(number: Double, text: String) { #expect(figure(number) == text) }

    @Test(
        "the processor's name is found where the system tells one",
        arguments: [
            ("processor\t: 0\nmodel name\t: AMD EPYC: 9\nmodel name\t: other\n", "AMD EPYC: 9"),
            ("processor : 0\nCPU part : 0xd0c\n", "unknown processor"),
            ("", "unknown processor"), ("model name\t:\n", "unknown processor"),
        ])
    func processor(cpuInfo: String, name: String) { #expect(MachineDescription.processor(cpuInfo) == name) }
}
