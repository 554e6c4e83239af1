internal import Contract
internal import HTTP
internal import NIOCore
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Passes a service's answer on.
    func relay(
        _ answer: ClientAnswer, to exchange: ServerExchange, _ story: inout RequestStory
    ) async throws(Problem) {
        defer { story.finish("write") }
        var head = edgeHead(answer.head.status, story)
        passing.answers.copy(answer.head.fields, to: &head.fields)
        story.status = answer.head.status
        if exchange.head.method == .head || answer.head.forbidsBody {
            answer.exchange.cancel()
            return exchange.respond(head)
        }
        if let body = answer.body {
            story.responseBytes = body.readableBytes
            if exchange.isCongested { return await trickle(head, body, to: exchange, &story) }
            return exchange.respond(head, body: body)
        }
        guard let length = answer.head.contentLength, length <= Self.wholeBodyBytesMax, !exchange.isCongested else {
            return await stream(head, from: answer.exchange, to: exchange, &story)
        }
        let body = try await wholeBody(of: answer.exchange, &story)
        story.responseBytes = body.readableBytes
        exchange.respond(head, body: body)
    }

    /// For a client that has more than enough to take in already.
    private func trickle(
        _ head: ResponseHead, _ body: ByteBuffer, to exchange: ServerExchange, _ story: inout RequestStory
    ) async {
        let writer = exchange.start(head)
        do throws(BodyFailure) {
            try await writer.write(body)
            writer.finish()
        } catch {
            story.detail = "client: \(error)"
        }
    }

    /// The short answer to a long upload.
    private func wholeBody(
        of upstream: ClientExchange, _ story: inout RequestStory
    ) async throws(Problem) -> ByteBuffer {
        do throws(ClientFailure) {
            guard var body = try await upstream.next() else { return ByteBuffer() }
            while let bytes = try await upstream.next() { body.writeImmutableBuffer(bytes) }
            return body
        } catch {
            story.detail = "answer: \(error.code)"
            throw error.code == .deadlineExceeded ? Problem(.deadlineExceeded) : Problem(.badGateway)
        }
    }

    /// Whatever goes wrong from here on breaks the answer off, so that the client sees that it is not whole.
    private func stream(
        _ head: ResponseHead, from upstream: ClientExchange, to exchange: ServerExchange,
        _ story: inout RequestStory
    ) async {
        let writer = exchange.start(head)
        while true {
            let bytes: ByteBuffer?
            do throws(ClientFailure) { bytes = try await upstream.next() } catch {
                story.detail = "answer: \(error.code)"
                return writer.abort()
            }
            guard let bytes else { return writer.finish() }
            do throws(BodyFailure) { try await writer.write(bytes) } catch {
                story.detail = "client: \(error)"
                return upstream.cancel()
            }
            story.responseBytes += bytes.readableBytes
        }
    }
}
