internal import Compression
internal import Contract
internal import HTTP
internal import NIOCore
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Passes an upstream's answer on.
    ///
    /// - Parameter answers: the fields that pass; nil for those of the contracts, whose answers are data.
    func relay(
        _ answer: ClientAnswer, to exchange: ServerExchange, _ story: inout RequestStory,
        answers: HeaderAllowList? = nil
    ) async throws(Problem) {
        defer { story.finish("write") }
        // What a page of somebody else's may load it says itself.
        let isForeign = answers != nil
        let contentSecurity = isForeign ? answer.head.fields.first("content-security-policy") : nil
        var head = edgeHead(answer.head.status, story, contentSecurity: contentSecurity)
        // What is so old says its `Age` of that moment.
        if isForeign, answer.head.fields.contains(DateField.name) { head.fields.remove(DateField.name) }
        let answers = answers ?? passing.answers
        answers.copy(answer.head.fields, to: &head.fields)
        if story.maySetCookies { PassingHeaders.cookies.copy(answer.head.fields, to: &head.fields) }
        if isForeign { head.fields.removeOwnCookies() }
        story.status = answer.head.status
        let coding = compress(&head, exchange, story)
        if exchange.head.method == .head || answer.head.forbidsBody {
            answer.exchange.cancel()
            // How long the body would be in its coding is not known without it.
            if coding != nil { return exchange.start(head).finish() }
            return exchange.respond(head)
        }
        if let body = answer.body {
            return await give(
                head, encoded(body, coding), to: exchange, &story, answer.exchange.passingTrailers(answers))
        }
        guard let length = answer.head.contentLength, length <= Self.wholeBodyBytesMax, !exchange.isCongested else {
            guard let coding, let coder else {
                return await stream(head, from: answer.exchange, to: exchange, &story, answers)
            }
            let encoder = coder.beginStream(coding, bytes: answer.head.contentLength)
            defer { coder.streamEnded() }
            // What has a length comes to its end soon; the rest may be somebody's news.
            let ending: ContentEncoder.Ending = answer.head.contentLength == nil ? .flush : .more
            return await stream(head, from: answer.exchange, through: (encoder, ending), to: exchange, &story, answers)
        }
        let body = encoded(try await wholeBody(of: answer.exchange, &story), coding)
        await give(head, body, to: exchange, &story, answer.exchange.passingTrailers(answers))
    }

    /// Gives a whole body, with the fields behind it where there are any.
    func give(
        _ head: ResponseHead, _ body: ByteBuffer, to exchange: ServerExchange, _ story: inout RequestStory,
        _ trailers: HeaderFields? = nil
    ) async {
        story.responseBytes = body.readableBytes
        if exchange.isCongested || trailers != nil {
            return await trickle(head, body, trailers, to: exchange, &story)
        }
        exchange.respond(head, body: body)
    }

    /// For a client that has more than enough to take in already, and for what has fields behind it.
    private func trickle(
        _ head: ResponseHead, _ body: ByteBuffer, _ trailers: HeaderFields?, to exchange: ServerExchange,
        _ story: inout RequestStory
    ) async {
        let writer = exchange.start(head)
        do throws(BodyFailure) {
            try await writer.write(body)
            writer.finish(trailers: trailers)
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
            story.proxyFault = error.code == .deadlineExceeded ? .responseTimeout : .responseIncomplete
            throw error.code == .deadlineExceeded ? Problem(.deadlineExceeded) : Problem(.badGateway)
        }
    }

    /// Whatever goes wrong from here on breaks the answer off, so that the client sees that it is not whole.
    private func stream(
        _ head: ResponseHead, from upstream: ClientExchange,
        through coder: (encoder: ContentEncoder, ending: ContentEncoder.Ending)? = nil, to exchange: ServerExchange,
        _ story: inout RequestStory, _ answers: HeaderAllowList
    ) async {
        let writer = exchange.start(head)
        if head.fields.first("content-type")?.hasPrefix("text/event-stream") == true {
            exchange.becomeLasting()
            release(&story)
        }
        while true {
            let bytes: ByteBuffer?
            do throws(ClientFailure) { bytes = try await upstream.next() } catch {
                story.detail = "answer: \(error.code)"
                return writer.abort()
            }
            let piece: ByteBuffer
            if let coder {
                piece = coder.encoder.encode(bytes ?? ByteBuffer(), bytes == nil ? .end : coder.ending)
            } else {
                guard let bytes else { return writer.finish(trailers: upstream.passingTrailers(answers)) }
                piece = bytes
            }
            do throws(BodyFailure) { try await writer.write(piece) } catch {
                story.detail = "client: \(error)"
                return upstream.cancel()
            }
            story.responseBytes += piece.readableBytes
            if bytes == nil { return writer.finish(trailers: upstream.passingTrailers(answers)) }
        }
    }
}

extension ClientExchange {
    /// The fields behind an answer's body that go on: of a service's what contracts declare, of others' what may be
    /// there at all.
    fileprivate func passingTrailers(_ answers: HeaderAllowList) -> HeaderFields? {
        trailers.flatMap { $0.passingTrailers(answers) }
    }
}
