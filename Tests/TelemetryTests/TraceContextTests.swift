import Primitives
import Telemetry
import Testing

@Suite struct TraceContextTests {
    private let trace = "0af7651916cd43dd8448eb211c80319c"
    private let span = "b7ad6b7169203331"

    @Test func `the standard's example is read and printed`() throws {
        let context = try #require(TraceContext("00-\(trace)-\(span)-01"))
        #expect(context.traceID == trace)
        #expect(context.spanID == span)
        #expect(context.isSampled)
        #expect(context.description == "00-\(trace)-\(span)-01")
        #expect(TraceContext("00-\(trace)-\(span)-00")?.isSampled == false)
    }

    @Test func `unknown flags are dropped, later versions read as far as known`() {
        #expect(TraceContext("00-\(trace)-\(span)-ff")?.description == "00-\(trace)-\(span)-01")
        #expect(TraceContext("cc-\(trace)-\(span)-01")?.description == "00-\(trace)-\(span)-01")
        #expect(TraceContext("cc-\(trace)-\(span)-01-what-the-future-brings")?.isSampled == true)
    }

    @Test func `malformed fields are nil`() {
        let table = [
            "", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-1", "00-\(trace)-\(span)-011",
            "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01-x", "cc-\(trace)-\(span)-01.x", "ff-\(trace)-\(span)-01",
            "0-\(trace)-\(span)-01x", "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01",
            "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
            "00_\(trace)_\(span)_01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-0g", "0g-\(trace)-\(span)-01",
            "00-\(trace.dropLast())g-\(span)-01", "00-\(trace)-\(span.dropLast())é-1",
        ]
        for text in table { #expect(TraceContext(text) == nil, "\(text)") }
    }

    @Test func `a child keeps the trace and changes the span`() {
        let root = TraceContext.root(isSampled: true)
        let child = root.child()
        #expect(child.traceID == root.traceID)
        #expect(child.spanID != root.spanID)
        #expect(child.isSampled)
        #expect(TraceContext(root.description) == root)
    }

    @Test func `random texts are nil or read back the same`() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array("0123456789abcdef-fF ".unicodeScalars)
        for _ in 0..<2000 {
            var text = Array(TraceContext.root(isSampled: true, using: &generator).description.unicodeScalars)
            for _ in 0..<generator.next() % 3 {
                text[Int(generator.next() % UInt64(text.count))] = alphabet[Int(generator.next() % 20)]
            }
            if generator.next() % 4 == 0 { text.removeLast(Int(generator.next() % 55)) }
            guard let read = TraceContext(String(String.UnicodeScalarView(text))) else { continue }
            #expect(TraceContext(read.description) == read)
        }
    }

    @Test func `a request's identifier has one spelling`() {
        let id = RequestID.make()
        #expect(RequestID(id.description) == id)
        #expect(RequestID(id.description.uppercased()) == nil)
        #expect(RequestID("x\r\nSet-Cookie: a") == nil)
    }
}
