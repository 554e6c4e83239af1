import HTTP
import NIOCore
import Primitives
import Transport

/// An h2c server that answers every request with 500 bytes of JSON, for CPU per request against nghttpd.
///
/// `transport-bench <port>`; ends with the process. Measured from outside: /proc/<pid>/stat before and after h2load.
@main
struct TransportBench {
    struct Answering: RequestHandler {
        let body: ByteBuffer

        func handle(_ exchange: ServerExchange) async {
            exchange.respond(
                ResponseHead(status: 200, fields: ["content-type": "application/json"]), body: body)
        }
    }

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
        let text = #"{"id":"0190f0f0-0000-7000-8000-000000000000","text":""#
        let body = text + String(repeating: "x", count: 500 - text.utf8.count - 2) + "\"}"
        let loops = EventLoops(threads: 1)
        let listener = try await Listener.start(
            ListenerConfiguration(
                addresses: [.init(host: "127.0.0.1", port: port)], protocols: .http2, limits: .internalHop),
            on: loops, handler: Answering(body: ByteBuffer(string: body)))
        print("listening on \(listener.port)")
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
    }
}
