internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

/// What came of asking a service for the cache.
enum Filled: Sendable {
    /// For everyone who waits, whether it is kept or not.
    case answer(StoredAnswer, CacheStatus)
    /// Not to be kept: for whoever has asked.
    case loose(ClientAnswer)
    case failed(FillFailure)
}

/// Why a service did not answer, or that it cannot.
struct FillFailure: Sendable {
    let problem: Problem
    /// For the log.
    let reason: String
    var fault: ProxyFault?
    /// The service's own answer, where it gave one.
    var answer: ClientAnswer?
}

extension Pipeline {
    /// Stands for the client where the edge asks for itself: what it is told must not depend on who is first.
    private static let fillAddress = "::"

    /// Asks the service once, and settles the order's ticket whatever comes of it.
    func ask(_ order: FillOrder) async -> Filled {
        guard let cache else { return .failed(FillFailure(problem: Problem(.unavailable), reason: "no cache")) }
        let askedAt = Deadline.now
        let answer: ClientAnswer
        do throws(ClientFailure) {
            answer = try await upstreams[order.endpoint.service].pool.ask(
                call(order), reading: .declared(bytesMax: cache.answerBytesMax))
        } catch {
            let problem = Problem.upstream(error)
            if error.code == .cancelled { cache.abandon(order.ticket) } else { cache.fail(order.ticket, problem) }
            let reason = "\(order.endpoint.service.rawValue): \(error.code)"
            return .failed(FillFailure(problem: problem, reason: reason, fault: ProxyFault(error)))
        }
        let status = answer.head.status
        if status >= 500 {
            let problem = Problem.failing(status)
            cache.fail(order.ticket, problem)
            let reason = "\(order.endpoint.service.rawValue): \(status)"
            return .failed(FillFailure(problem: problem, reason: reason, answer: answer))
        }
        if status == 304, let known = order.known {
            answer.exchange.cancel()
            return renew(known, answer.head, order, cache, askedAt)
        }
        guard let body = answer.body,
            case .keep(let freshness) = order.rule.judge(answer.head, askedAt: askedAt, receivedAt: .now),
            let tags = tags(answer.head, order)
        else {
            if let length = answer.head.contentLength, length > cache.answerBytesMax { cache.countTooLarge() }
            cache.pass(order.ticket)
            return .loose(answer)
        }
        var fields = HeaderFields()
        passing.answers.copy(answer.head.fields, to: &fields)
        fields.remove("content-length")
        let isAbsence = status == 404
        let made = StoredAnswer(
            status: status, fields: isAbsence ? HeaderFields() : fields,
            // A copy: the bytes came in a buffer that may be much larger.
            body: isAbsence ? ByteBuffer() : ByteBuffer(bytes: body.readableBytesView),
            etag: answer.head.fields.first("etag"), tags: tags, freshness: freshness)
        let isKept = cache.keep(made, order.ticket)
        return .answer(made, .filled(status: status, isKept: isKept, isStale: order.known != nil))
    }

    private func renew(
        _ known: StoredAnswer, _ head: ResponseHead, _ order: FillOrder, _ cache: EdgeCache, _ askedAt: Deadline
    ) -> Filled {
        // It speaks of what is kept, or else of nothing that is known here (RFC 9111, section 4.3.4).
        var judged = head
        judged.status = known.status
        let etag = head.fields.first("etag")
        guard etag == nil || etag == known.etag,
            case .keep(let freshness) = order.rule.judge(judged, askedAt: askedAt, receivedAt: .now)
        else {
            let problem = Problem(.badGateway)
            cache.fail(order.ticket, problem)
            let reason = "\(order.endpoint.service.rawValue): a 304 of something else"
            return .failed(FillFailure(problem: problem, reason: reason))
        }
        var newer = HeaderFields()
        passing.answers.copy(head.fields, to: &newer)
        newer.remove("content-length")
        let tags = head.fields.contains(CacheTag.header) ? self.tags(head, order) : nil
        let renewed = known.renewed(newer, tags: tags ?? known.tags, freshness: freshness)
        return .answer(renewed, .revalidated(isKept: cache.keep(renewed, order.ticket)))
    }

    /// What the answer is let go of by; nil where that cannot be told.
    private func tags(_ head: ResponseHead, _ order: FillOrder) -> [CacheTagHash]? {
        guard let own = order.rule.tags(order.ticket.key.target) else { return nil }
        guard let value = head.fields.combined(CacheTag.header) else { return own.map(\.hash) }
        return CacheTag.parse(value).map { (own + $0).map(\.hash) }
    }

    /// The edge's own request: of a client it has what the key has, and no more.
    private func call(_ order: FillOrder) -> ClientCall {
        let upstream = upstreams[order.endpoint.service]
        var fields = HeaderFields()
        fields.reserve(fields: 8, bytes: 768)
        for (name, value) in order.rule.keys.fields(order.ticket.key) { fields.append(name, value) }
        if let etag = order.known?.etag { fields.append("if-none-match", etag) }
        fields.append(
            InternalHeaders.caller, upstream.stamps.stamp(nil, address: Self.fillAddress, userAgent: nil))
        fields.append(InternalHeaders.requestID, order.requestID.description)
        fields.append(InternalHeaders.traceparent, order.trace.description)
        fields.append(InternalHeaders.deadline, String(order.deadline.remaining.wholeMilliseconds))
        return ClientCall(
            RequestHead(method: .get, path: order.ticket.key.target, fields: fields), deadline: order.deadline,
            repetition: .safe, patience: order.patience)
    }

    // MARK: Behind stale answers

    /// Has a stale answer asked for, behind the request that it is given to.
    func refresh(_ ticket: FillTicket, _ endpoint: EndpointRoute, _ rule: CachingRule, _ known: StoredAnswer) {
        var generator = PooledRandom()
        let order = FillOrder(
            ticket: ticket, endpoint: endpoint, rule: rule, known: known, deadline: .after(endpoint.deadline),
            patience: .zero, requestID: RequestID(UUIDv7(at: .now, using: &generator)),
            trace: TraceContext.root(isSampled: false, using: &generator))
        guard let cache, !cache.order(order) else { return }
        observer.observe(LimitObservation(limit: "cache-refreshes", detail: endpoint.operation))
    }

    /// Works on what `refresh` was told, until cancelled.
    func refreshStale(on loops: EventLoops) async {
        guard let cache else { return }
        await withDiscardingTaskGroup { group in
            for await order in cache.orders {
                group.addTask {
                    await loops.run { () async in
                        if case .loose(let answer) = await self.ask(order) { answer.exchange.cancel() }
                    }
                    cache.orderEnded()
                }
            }
        }
    }

    // MARK: After changes

    /// Lets go of what a call that succeeded has made untrue (RFC 9111, section 4.4), so that whoever changed something
    /// reads it; other gateways hear of it by the event.
    func forget(after head: ResponseHead, _ endpoint: EndpointRoute, _ target: String) {
        guard let rule = endpoint.purging, let cache, (200..<400).contains(head.status) else { return }
        let told = head.fields.combined(CacheTag.header).flatMap(CacheTag.parse) ?? []
        cache.purge(rule.tags(target) + told, .write)
    }
}

extension Problem {
    /// What an answer of a service that fails is to those who did not ask it themselves.
    fileprivate static func failing(_ status: Int) -> Problem {
        switch status {
        case 503: Problem(.unavailable, retryAfter: .seconds(1))
        case 504: Problem(.deadlineExceeded)
        default: Problem(.badGateway)
        }
    }
}
