import CoreMetrics
import Telemetry
import Testing

@Suite("Prometheus text") struct PrometheusTests {
    private let registry = PrometheusRegistry(seriesMax: 3)

    /// The lines about one family, without those about the process.
    private func lines(_ family: String) -> [String] {
        registry.text().split(separator: "\n").map(String.init).filter {
            $0.hasPrefix(family) || $0.hasPrefix("# HELP \(family)") || $0.hasPrefix("# TYPE \(family)")
        }
    }

    @Test("a counter ends in _total, once, and has help and type")
    func counter() {
        registry.describe("calls", "Calls made.")
        let counter = Counter(label: "calls", dimensions: [], factory: registry)
        counter.increment(by: 2)
        Counter(label: "calls_total", dimensions: [], factory: registry).increment()
        #expect(lines("calls") == ["# HELP calls_total Calls made.", "# TYPE calls_total counter", "calls_total 3"])
    }

    @Test("labels and help are escaped as the format asks")
    func escapes() {
        registry.describe("odd.name-1", "a\\b\nc \"d\"")
        Gauge(label: "odd.name-1", dimensions: [("k-1", "a\\b\nc \"d\"")], factory: registry).record(1.5)
        let found = lines("odd_name_1")
        #expect(found.contains(#"# HELP odd_name_1 a\\b\nc "d""#))
        #expect(found.contains(#"odd_name_1{k_1="a\\b\nc \"d\""} 1.5"#))
    }

    @Test("names that dashboards know keep their colons")
    func colons() {
        Gauge(label: "vllm:num_requests_running", dimensions: [("model_name", "m")], factory: registry).record(2)
        #expect(lines("vllm:num").contains(#"vllm:num_requests_running{model_name="m"} 2"#))
    }

    @Test("a timer is a cumulative histogram in seconds")
    func histogram() {
        let timer = Timer(label: "step", dimensions: [], factory: registry)
        timer.recordMilliseconds(5)        // exactly on a bound: counted below it
        timer.recordSeconds(3)
        timer.recordSeconds(1000)        // beyond the last bound
        let found = lines("step_seconds")
        #expect(found.contains("# TYPE step_seconds histogram"))
        #expect(found.contains(#"step_seconds_bucket{le="0.0025"} 0"#))
        #expect(found.contains(#"step_seconds_bucket{le="0.005"} 1"#))
        #expect(found.contains(#"step_seconds_bucket{le="5"} 2"#))
        #expect(found.contains(#"step_seconds_bucket{le="600"} 2"#))
        #expect(found.contains(#"step_seconds_bucket{le="+Inf"} 3"#))
        #expect(found.contains("step_seconds_count 3"))
        #expect(found.contains("step_seconds_sum 1003.005"))
    }

    @Test("an alias shows a metric a second time, labels and all")
    func alias() {
        registry.alias("queue_length", as: "vllm:queue_length")
        Gauge(label: "queue_length", dimensions: [("model", "m")], factory: registry).record(3)
        #expect(lines("queue_length{") == [#"queue_length{model="m"} 3"#])
        #expect(lines("vllm:queue_length{") == [#"vllm:queue_length{model="m"} 3"#])
        #expect(lines("# TYPE vllm:queue_length") == ["# TYPE vllm:queue_length gauge"])
    }

    @Test("a value that is no number does not spoil a histogram")
    func notANumber() {
        let recorder = Recorder(label: "tokens", dimensions: [], aggregate: true, factory: registry)
        recorder.record(Double.nan)
        recorder.record(17.0)
        #expect(lines("tokens").contains("tokens_sum 17"))
        #expect(lines("tokens").contains("tokens_count 1"))
    }

    @Test("series beyond the limit are added up in one")
    func bounded() {
        for number in 0 ..< 10 {
            Counter(label: "hits", dimensions: [("path", "/\(number)")], factory: registry).increment()
        }
        let samples = lines("hits_total{")
        #expect(
            samples == [
                #"hits_total{path="/0"} 1"#, #"hits_total{path="/1"} 1"#, #"hits_total{path="/2"} 1"#,
                #"hits_total{path="other"} 7"#,
            ])
    }

    @Test("the order of labels makes no new series")
    func labelOrder() {
        Counter(label: "pairs", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "pairs", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(lines("pairs_total{") == [#"pairs_total{a="1",b="2"} 2"#])
    }

    @Test("a name has one type, whoever else asks for it")
    func kinds() {
        Gauge(label: "depth", dimensions: [], factory: registry).record(4)
        Recorder(label: "depth", dimensions: [], aggregate: true, factory: registry).record(9)
        #expect(lines("depth").count { $0.hasPrefix("# TYPE") } == 1)
        #expect(lines("depth").contains("depth 4"))
    }

    @Test("a destroyed metric is gone")
    func destroyed() {
        let counter = Counter(label: "gone", dimensions: [], factory: registry)
        counter.increment()
        counter.destroy()
        #expect(lines("gone") == [])
    }

    @Test("the process's own figures are there")
    func process() throws {
        let value = try #require(
            lines("process_resident_memory_bytes").first { !$0.hasPrefix("#") }?.split(separator: " ").last)
        #expect(try #require(Int(value)) > 1 << 20)
    }
}
