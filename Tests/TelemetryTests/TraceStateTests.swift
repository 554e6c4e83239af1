import Telemetry
import Testing

@Suite struct TraceStateTests {
    @Test(arguments: [
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1", "1a-2_b*c/d@e=x y", "a=1,,b=2", "a=1 , b=2\t,", "a=<&>\"",
        (0..<32).map { "k\($0)=v" }.joined(separator: ","), "a=" + String(repeating: "v", count: 256),
    ])
    func `what is well-formed goes on as it came`(text: String) {
        #expect(TraceState(text)?.description == text)
    }

    @Test(arguments: [
        "", ",", " , ", "a", "=1", "a=", "a= ", "A=1", "é=1", "-a=1", "a b=1", "a=1=2", "a=é", "a=\u{7F}", "a=1,a=2",
        (0..<33).map { "k\($0)=v" }.joined(separator: ","), "a=" + String(repeating: "v", count: 257),
        (0..<3).map { "k\($0)=" + String(repeating: "v", count: 200) }.joined(separator: ","),
    ])
    func `what is not, and what is too long, stays behind`(text: String) {
        #expect(TraceState(text) == nil)
    }
}
