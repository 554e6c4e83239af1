import CoreMetrics
import Foundation
import Telemetry
import Testing

@Suite struct PrometheusRegistryTests {
    @Test func `each kind prints as its type`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        registry.describe("jobs_total", "Jobs\ndone \\ all")
        Counter(label: "jobs_total", dimensions: [("kind", "mail")], factory: registry).increment(by: 3)
        FloatingPointCounter(label: "energy.joules", factory: registry).increment(by: 0.5)
        Meter(label: "queue-depth", factory: registry).set(7)
        Gauge(label: "temperature", factory: registry).record(-1.25)
        Recorder(label: "sizes", factory: registry).record(10)
        Timer(label: "wait", factory: registry).recordMilliseconds(3)
        let text = String(decoding: registry.render(), as: UTF8.self)
        #expect(text.contains("# HELP jobs_total Jobs done / all\n# TYPE jobs_total counter\n"))
        #expect(text.contains("jobs_total{kind=\"mail\"} 3\n"))

        let read = try ExpositionReader(registry.render())
        #expect(read.types["energy_joules"] == "counter")
        #expect(read.value("energy_joules") == 0.5)
        #expect(read.types["queue_depth"] == "gauge")
        #expect(read.value("queue_depth") == 7)
        #expect(read.value("temperature") == -1.25)
        #expect(read.types["sizes"] == "summary")
        #expect(read.value("sizes_sum") == 10)
        #expect(read.types["wait_seconds"] == "histogram")
        #expect(read.value("wait_seconds_bucket", ["le": "0.0025"]) == 0)
        #expect(read.value("wait_seconds_bucket", ["le": "0.005"]) == 1)
        #expect(read.value("wait_seconds_bucket", ["le": "+Inf"]) == 1)
        #expect(read.value("wait_seconds_sum") == 0.003)
    }

    @Test func `bounds are inclusive and what is longer than all is counted`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        let timer = Timer(label: "t_seconds", factory: registry)
        for nanoseconds: Int64 in [0, 500_000, 500_001, 10_000_000_000, 10_000_000_001, -5] {
            timer.recordNanoseconds(nanoseconds)
        }
        let read = try ExpositionReader(registry.render())
        #expect(read.value("t_seconds_bucket", ["le": "0.0005"]) == 3)
        #expect(read.value("t_seconds_bucket", ["le": "0.001"]) == 4)
        #expect(read.value("t_seconds_bucket", ["le": "10"]) == 5)
        #expect(read.value("t_seconds_count") == 6)
    }

    @Test func `names and labels are made valid, values escaped`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        let nasty = "a\"b\\c\nd é {x=\"y\"}"
        let labels = [("my-label", nasty), ("__own", "x"), ("le", "1"), ("my_label", "2")]
        Counter(label: "1st.metric/é", dimensions: labels, factory: registry).increment()
        let read = try ExpositionReader(registry.render())
        #expect(read.value("_1st_metric__", ["my_label": nasty, "label__own": "x", "le_": "1"]) == 1)
    }

    @Test func `the same labels in another order are the same series`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(try ExpositionReader(registry.render()).value("c", ["a": "1", "b": "2"]) == 2)
    }

    @Test func `series without end share one`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        let extra = 50
        for number in 0..<TelemetryLimits.seriesPerFamilyMax + extra {
            Counter(label: "c", dimensions: [("user", "\(number)")], factory: registry).increment()
        }
        let read = try ExpositionReader(registry.render())
        #expect(read.samples.filter { $0.name == "c" }.count == TelemetryLimits.seriesPerFamilyMax + 1)
        #expect(read.value("c", ["overflow": "true"]) == Double(extra))
        #expect(read.value("telemetry_metrics_refused_total") == Double(extra))
    }

    @Test func `what is read stands beside what is counted, each under labels of its own`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        registry.readCounter("limits_total", [("limit", "read")]) { 7 }
        registry.makeCounter(label: "limits_total", dimensions: [("limit", "counted")]).increment(by: 2)
        registry.readCounter("limits_total", [("limit", "late")]) { 1 }
        // The labels of what is read are taken, and so is the kind.
        registry.makeCounter(label: "limits_total", dimensions: [("limit", "read")]).increment(by: 100)
        registry.makeMeter(label: "limits_total", dimensions: [("limit", "gauge")]).set(Int64(100))
        let read = try ExpositionReader(registry.render())
        #expect(read.value("limits_total", ["limit": "read"]) == 7)
        #expect(read.value("limits_total", ["limit": "counted"]) == 2)
        #expect(read.value("limits_total", ["limit": "late"]) == 1)
        #expect(read.value("limits_total", ["limit": "gauge"]) == nil)
        #expect(read.value("telemetry_metrics_refused_total") == 2)
    }

    @Test func `families without end and kinds in conflict are refused, not printed`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        for number in 0..<TelemetryLimits.familiesMax + 5 {
            Counter(label: "c\(number)", factory: registry).increment()
        }
        Timer(label: "t", factory: PrometheusRegistry()).recordSeconds(1)
        Meter(label: "c0", factory: registry).set(99)
        let read = try ExpositionReader(registry.render())
        #expect(read.value("c0") == 1)
        #expect(read.types["c0"] == "counter")
        #expect(read.types["c\(TelemetryLimits.familiesMax)"] == nil)
        #expect(read.value("telemetry_metrics_refused_total") == 6)
    }

    @Test func `no update from many threads is lost`() async throws {
        let registry = PrometheusRegistry(includesProcess: false)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "c", factory: registry)
                    let meter = Meter(label: "m", factory: registry)
                    let timer = Timer(label: "t", factory: registry)
                    for _ in 0..<5000 {
                        counter.increment()
                        meter.increment(by: 0.5)
                        timer.recordMilliseconds(1)
                    }
                    _ = registry.render()
                }
            }
        }
        let read = try ExpositionReader(registry.render())
        #expect(read.value("c") == 40_000)
        #expect(read.value("m") == 20_000)
        #expect(read.value("t_seconds_count") == 40_000)
    }

    @Test func `numbers that are none print as the format has them`() throws {
        let registry = PrometheusRegistry(includesProcess: false)
        Meter(label: "a", factory: registry).set(Double.infinity)
        Meter(label: "b", factory: registry).set(Double.nan)
        Meter(label: "c", factory: registry).set(1e300)
        let read = try ExpositionReader(registry.render())
        #expect(read.value("a") == .infinity)
        #expect(read.value("b")?.isNaN == true)
        #expect(read.value("c") == 1e300)
    }

    @Test func `the process's own numbers are plausible`() throws {
        let read = try ExpositionReader(PrometheusRegistry().render())
        let resident = try #require(read.value("process_resident_memory_bytes"))
        #expect((1e6...1e11).contains(resident))
        #expect(try #require(read.value("process_open_fds")) >= 3)
        #expect(try #require(read.value("process_max_fds")) >= 64)
        #expect(try #require(read.value("process_cpu_seconds_total")) > 0)
        let start = try #require(read.value("process_start_time_seconds"))
        #expect(abs(Date().timeIntervalSince1970 - start) < 3600)
    }
}
