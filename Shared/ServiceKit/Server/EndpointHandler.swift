internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
package import Telemetry
package import Transport

/// Serves a dispatcher on a listener, and observes every answer.
package struct EndpointHandler: RequestHandler {
    /// Where those who call the service ask whether it takes calls, on the very port that takes them. No contract:
    /// nobody is known, nothing is told but ready or not, nothing is counted.
    static let readinessPath = "/readyz"

    private let dispatcher: EndpointDispatcher
    private let readiness: Readiness
    private let observer: RequestObserver

    package init(dispatcher: EndpointDispatcher, readiness: Readiness, observer: RequestObserver) {
        self.dispatcher = dispatcher
        self.readiness = readiness
        self.observer = observer
    }

    package func handle(_ exchange: ServerExchange) async {
        if exchange.head.path == Self.readinessPath, exchange.head.method == .get {
            let (status, body) = await readiness.reply(verbose: false)
            return exchange.respond(ResponseHead(status: status), body: ByteBuffer(string: body))
        }
        let request = InboundRequest(
            method: exchange.head.method.text, target: exchange.head.path, fields: exchange.head.fields)
        let meter = CallMeter(
            startedAt: exchange.startedAt, deadline: request.deadline(from: exchange.startedAt))
        exchange.expire(at: meter.deadline)
        meter.finish(.queue)
        let received = request.fields.first(InternalHeaders.traceparent).flatMap(TraceContext.init)
        let trace = received?.child()
        let reply = await dispatcher.respond(
            to: request, body: ExchangeBody(body: exchange.body), meter: meter, trace: trace)
        let isGone = exchange.isBroken
        let head = ResponseHead(status: reply.status, fields: reply.headers)
        exchange.respond(head, body: reply.body.isEmpty ? nil : ByteBuffer(bytes: reply.body))
        // The call's whole duration ends where this phase does: one reading of the clock for both.
        meter.finish(.reply)
        observer.observe(
            RequestObservation(
                operation: reply.operationID ?? "none", method: request.method,
                status: isGone ? RequestObservation.clientGoneStatus : reply.status,
                duration: meter.phaseBegan.since(exchange.startedAt),
                requestBytes: exchange.head.contentLength ?? 0, responseBytes: reply.body.count,
                requestID: RequestID(request.requestID) ?? .make(),
                trace: trace, parentSpan: received?.span, caller: reply.callerKind, errorCode: reply.problemCode,
                detail: reply.privateDetail,
                phases: meter.phases,
                database: meter.databaseUse), on: exchange.loop)
    }
}

extension CallMeter {
    fileprivate var phases: [RequestObservation.Phase] {
        Phase.allCases.map { RequestObservation.Phase($0.name, self[$0]) }
    }

    fileprivate var databaseUse: RequestObservation.DatabaseUse {
        RequestObservation.DatabaseUse(
            statements: statements, duration: databaseTime, connectionWait: connectionWait)
    }
}

extension CallMeter.Phase {
    fileprivate var name: StaticString {
        switch self {
        case .queue: "queue"
        case .prove: "prove"
        case .decode: "decode"
        case .handle: "handle"
        case .reply: "reply"
        }
    }
}

/// The body of an exchange, for the dispatcher.
private struct ExchangeBody: RequestBodySource {
    let body: BodyReader

    func collect(upTo bytesMax: Int) async throws(BodyRefusal) -> [UInt8] {
        do {
            return Array(try await body.collect(upTo: bytesMax).readableBytesView)
        } catch .tooLarge {
            throw .tooLarge
        } catch {
            throw .incomplete
        }
    }
}
