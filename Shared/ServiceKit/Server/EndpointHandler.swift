internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
package import Telemetry
package import Transport

/// Serves a dispatcher on a listener, and observes every answer.
package struct EndpointHandler: RequestHandler {
    private let dispatcher: EndpointDispatcher
    private let observer: RequestObserver

    package init(dispatcher: EndpointDispatcher, observer: RequestObserver) {
        self.dispatcher = dispatcher
        self.observer = observer
    }

    package func handle(_ exchange: ServerExchange) async {
        let fields = exchange.head.fields
        let method = exchange.head.method.text
        let request = InboundRequest(method: method, target: exchange.head.path) { fields.first($0) }
        let reply = await dispatcher.respond(to: request, body: ExchangeBody(body: exchange.body))
        let isGone = exchange.isBroken
        var head = ResponseHead(status: reply.status)
        for (name, value) in reply.headers { head.fields.append(name, value) }
        exchange.respond(head, body: reply.body.isEmpty ? nil : ByteBuffer(bytes: reply.body))
        observer.observe(
            RequestObservation(
                operation: reply.operationID ?? "none", method: method,
                status: isGone ? RequestObservation.clientGoneStatus : reply.status,
                duration: .nanoseconds(Int64(clamping: Deadline.now.nanoseconds - exchange.startedAt.nanoseconds)),
                requestBytes: exchange.head.contentLength ?? 0, responseBytes: reply.body.count,
                requestID: fields.first(InternalHeaders.requestID).flatMap(RequestID.init) ?? .make(),
                trace: fields.first(InternalHeaders.traceparent).flatMap(TraceContext.init),
                caller: reply.callerKind, errorCode: reply.problemCode, detail: reply.privateDetail))
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
