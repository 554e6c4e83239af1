import Logging
import Primitives
import Telemetry
import Testing

@Suite struct RequestObserverTests {
    private let lines = CollectedLines()
    private let registry = PrometheusRegistry(includesProcess: false)

    private var request: RequestObservation {
        get throws {
            RequestObservation(
                operation: "ReadArticle", method: "GET", status: 200, duration: .microseconds(1500), requestBytes: 10,
                responseBytes: 500, requestID: try #require(RequestID("01900000-0000-7000-8000-000000000001")),
                trace: TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), caller: .account)
        }
    }

    @Test func `a client's certificate stands in the line, with nothing in it that breaks the line`() throws {
        let observer = RequestObserver(
            operations: ["ReadArticle"], part: "gateway", output: lines.output(), registry: registry)
        var request = try request
        request.certificate = (subject: "CN=a\"b\n,O=c", fingerprint: "ab01")
        observer.observe(.requestAnswered(request))
        #expect(lines.all.count == 1)
        #expect(lines.all[0].contains(#","certificate":"ab01","subject":"CN=a\"b\n,O=c""#), "\(lines.all)")
    }

    @Test func `lines that wait are written together, once`() throws {
        let observer = RequestObserver(
            operations: ["ReadArticle"], part: "gateway", output: lines.output(), registry: registry)
        let request = try request
        #expect(observer.observeLater(request))
        #expect(observer.observeLater(request))
        #expect(lines.all.isEmpty)
        observer.writeWaiting()
        observer.writeWaiting()
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.split(separator: "\n").count == 2)
        #expect(observer.observeLater(request))
        // Whatever happens to who should have written them.
        observer.writeWaiting()
        #expect(lines.all.count == 2)
    }

    @Test func `a line tells when the request was over, where that is known`() throws {
        let observer = RequestObserver(
            operations: ["ReadArticle"], part: "gateway", output: lines.output(), registry: registry)
        var request = try request
        request.endedAt = Timestamp(seconds: 1_700_000_000)
        observer.observe(request)
        #expect(lines.all.first?.hasPrefix(#"{"time":"2023-11-14T22:13:20.000Z","level":"info""#) == true)
    }

    @Test func `lines that wait are bounded`() throws {
        let observer = RequestObserver(
            operations: ["ReadArticle"], part: "gateway", output: lines.output(), registry: registry)
        let request = try request
        for _ in 0..<1000 { _ = observer.observeLater(request) }
        #expect(lines.all.count > 3)
        observer.writeWaiting()
        #expect(lines.all.joined().split(separator: "\n").count == 1000)
    }

    @Test func `an answer becomes one line and its metrics`() throws {
        let observer = RequestObserver(
            operations: ["ReadArticle"], part: "gateway", output: lines.output(), registry: registry)
        var request = try request
        request.parentSpan = 0xB
        request.phases = [.init("identify", .microseconds(20)), .init("upstream", .microseconds(900))]
        observer.observe(.requestAnswered(request))
        #expect(
            lines.all == [
                #"{"time":"2027-01-15T08:00:00.123Z","level":"info","message":"request","service":"content","#
                    + #""request":"01900000-0000-7000-8000-000000000001","trace":"0af7651916cd43dd8448eb211c80319c","#
                    + #""span":"b7ad6b7169203331","parent_span":"000000000000000b","#
                    + #""operation":"ReadArticle","method":"GET","status":200,"duration_us":1500,"request_bytes":10,"#
                    + #""response_bytes":500,"caller":"account","phases_us":{"identify":20,"upstream":900}}"# + "\n"
            ])
        let read = try ExpositionReader(registry.render())
        #expect(
            read.value("http_requests_total", ["operation": "ReadArticle", "part": "gateway", "status_class": "2xx"])
                == 1)
        #expect(
            read.value("http_requests_total", ["operation": "ReadArticle", "part": "gateway", "status_class": "5xx"])
                == 0)
        #expect(
            read.value("http_request_duration_seconds_sum", ["operation": "ReadArticle", "part": "gateway"]) == 0.0015)
        #expect(read.value("http_response_bytes_total", ["operation": "ReadArticle", "part": "gateway"]) == 500)
    }

    @Test func `a fault is an error with its cause, an unknown operation is other`() throws {
        let observer = RequestObserver(
            operations: [], part: "gateway", output: lines.output(level: .error), registry: registry)
        var request = try request
        observer.observe(request)
        #expect(lines.all.isEmpty, "below the level, but counted")
        request.status = 503
        request.errorCode = "unavailable"
        request.detail = "postgres: connection refused"
        observer.observe(request)
        let line = try #require(lines.all.first)
        #expect(line.contains(#""level":"error""#))
        #expect(line.contains(#""error":"unavailable","detail":"postgres: connection refused"}"#))
        let read = try ExpositionReader(registry.render())
        #expect(
            read.value("http_requests_total", ["operation": "other", "part": "gateway", "status_class": "2xx"]) == 1)
        #expect(
            read.value("http_requests_total", ["operation": "other", "part": "gateway", "status_class": "5xx"]) == 1)
    }

    @Test func `a strange status is counted in a class that exists`() throws {
        let observer = RequestObserver(operations: [], part: "gateway", output: lines.output(), registry: registry)
        var request = try request
        for status in [-1, 0, 99, 600, 99_999] {
            request.status = status
            observer.observe(request)
        }
        let read = try ExpositionReader(registry.render())
        #expect(
            read.value("http_requests_total", ["operation": "other", "part": "gateway", "status_class": "1xx"]) == 3)
        #expect(
            read.value("http_requests_total", ["operation": "other", "part": "gateway", "status_class": "5xx"]) == 2)
    }

    @Test func `the console shows a request on one line`() throws {
        let observer = RequestObserver(
            operations: [], part: "gateway", output: lines.output(.console), registry: registry)
        observer.observe(try request)
        #expect(
            lines.all == [
                "08:00:00.123 INFO     content: GET ReadArticle 200 1.5 ms "
                    + "request=01900000-0000-7000-8000-000000000001\n"
            ])
    }

    @Test func `a limit is always counted and sometimes told`() throws {
        let observer = RequestObserver(operations: [], part: "gateway", output: lines.output(), registry: registry)
        for _ in 0..<50 { observer.observe(.limitReached(LimitObservation(limit: "body-bytes", detail: "1 MiB"))) }
        #expect(lines.all.count < 50)
        #expect(try #require(lines.all.first).contains(#""detail":"1 MiB","reason":"body-bytes""#))
        #expect(try ExpositionReader(registry.render()).value("limits_reached_total", ["limit": "body-bytes"]) == 50)
    }
}
