internal import Contract
internal import HTTP
internal import NIOCore
internal import Primitives
internal import ServiceKit
internal import Telemetry
internal import Transport

// What clients may ask of the cache (RFC 9111, section 5.2.1). It is the edge's, and follows the services' events: so
// of the directives of a request only `only-if-cached` counts. `no-cache`, `no-store`, `max-age` and the like would
// only let anybody make the services work; what is asked of them for the cache is the edge's own request, and has
// nothing of a client's in it. Ranges are not answered; the whole is (RFC 9110, section 14.2).

extension Pipeline {
    /// How long a service has while there is something to give in its stead.
    private static let bridgedFillTime: Duration = .seconds(2)

    /// What a look into the cache has found, and by which key.
    typealias Found = (finding: EdgeCache.Machine.Finding, key: CacheKey)

    /// Is the answer there already, or does somebody fetch it? Nil where the cache has nothing to do with the request.
    func look(
        _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ rule: CachingRule, _ path: CanonicalPath,
        _ caller: VerifiedToken?, _ story: inout RequestStory
    ) throws(Problem) -> Found? {
        guard let cache else { return nil }
        guard let key = key(exchange, rule, path, caller) else {
            cache.count(.bypassed)
            story.cacheStatus = .bypassed
            return nil
        }
        defer { story.finish("recall") }
        if isOnlyIfCached(exchange.head.fields) {
            guard let answer = cache.peek(key, at: story.now) else {
                throw Problem(.deadlineExceeded, detail: "It is not kept, and only what is kept was asked for.")
            }
            return (.fresh(answer), key)
        }
        let finding = cache.look(key, at: story.now)
        if case .stale(let answer, let ticket?) = finding { refresh(ticket, endpoint, rule, answer) }
        return (finding, key)
    }

    /// Gives what was found where nothing is to be waited for, and the connection has room for it: most requests come
    /// no further than here, and one that may wait costs more.
    ///
    /// - Returns: whether the request was answered; if not, `recall` does more for it.
    func giveAtOnce(_ found: Found, _ exchange: ServerExchange, _ story: inout RequestStory) -> Bool {
        guard let (answer, outcome) = found.finding.kept, !exchange.isCongested else { return false }
        let (head, body) = compose(answer, outcome, exchange, &story)
        exchange.respond(head, body: body)
        story.finish("write")
        return true
    }

    /// Gives what was found, or waits for it.
    ///
    /// - Returns: whether the request was answered.
    func recall(
        _ found: Found, _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ rule: CachingRule,
        _ caller: VerifiedToken?, _ story: inout RequestStory
    ) async throws(Problem) -> Bool {
        // Nothing is found where there is no cache.
        guard let cache else { return false }
        let key = found.key
        switch found.finding {
        case .fresh(let answer): return await give(answer, .hit, exchange, &story)
        case .stale(let answer, _): return await give(answer, .stale, exchange, &story)
        case .bridged(let answer): return await give(answer, .bridged, exchange, &story)
        case .fill(let ticket, let known):
            return try await fill(ticket, known, exchange, endpoint, rule, caller, &story)
        case .pass: return goOn(cache, &story)
        case .full:
            observer.observe(
                LimitObservation(limit: "cache-waiters", detail: endpoint.operation, requestID: story.id))
            throw Problem(.unavailable, retryAfter: .seconds(1))
        case .wait(let waiter, let place, let known):
            let load = upstreams[endpoint.service].load
            let isCounted = load.begin(mayWait: true)
            // Whoever is being told already has its answer.
            if !isCounted, cache.leave(place) {
                return try await giveInstead(of: crowded(endpoint, &story), known, key, exchange, &story)
            }
            let word = await cache.wait(waiter, at: place)
            if isCounted { load.end() }
            story.finish("wait")
            switch word {
            case .answer(let answer): return await give(answer, .collapsed, exchange, &story)
            case .pass: return goOn(cache, &story)
            case .failed(let problem):
                return try await giveInstead(of: problem, known, key, exchange, &story)
            case .heir(let ticket):
                return try await fill(ticket, known, exchange, endpoint, rule, caller, &story)
            // Nobody reads this.
            case .left: throw Problem(.unavailable, retryAfter: .seconds(1))
            }
        }
    }

    /// What the request is kept by; nil where the cache has nothing to do with it.
    private func key(
        _ exchange: ServerExchange, _ rule: CachingRule, _ path: CanonicalPath, _ caller: VerifiedToken?
    ) -> CacheKey? {
        guard caller == nil || rule.caching.audience == .everyone else { return nil }
        // Conditions on versions, and types that are not had, are the service's to refuse.
        guard !exchange.head.fields.contains("if-match"),
            Accept.admitsJSON(exchange.head.fields.combined("accept"))
        else { return nil }
        return rule.keys.key(path, exchange.head.fields)
    }

    private func isOnlyIfCached(_ fields: HeaderFields) -> Bool {
        guard let value = fields.combined("cache-control") else { return false }
        return CacheDirectives(parsing: value)?.isOnlyIfCached ?? false
    }

    private func goOn(_ cache: EdgeCache, _ story: inout RequestStory) -> Bool {
        cache.count(.passed)
        story.cacheStatus = .forwarded
        return false
    }

    /// Asks the service for all who wait.
    private func fill(
        _ ticket: FillTicket, _ known: StoredAnswer?, _ exchange: ServerExchange, _ endpoint: EndpointRoute,
        _ rule: CachingRule, _ caller: VerifiedToken?, _ story: inout RequestStory
    ) async throws(Problem) -> Bool {
        let deadline = exchange.startedAt.advanced(by: endpoint.deadline)
        let isBridge = known.map { bridges($0, ticket.key) } ?? false
        let order = FillOrder(
            ticket: ticket, endpoint: endpoint, rule: rule, known: known,
            deadline: isBridge ? min(deadline, .after(Self.bridgedFillTime)) : deadline,
            patience: isBridge ? .zero : upstreams.patience, requestID: story.id, trace: story.trace)
        let load = upstreams[endpoint.service].load
        guard load.begin() else {
            let problem = crowded(endpoint, &story)
            cache?.fail(ticket, problem)
            return try await giveInstead(of: problem, known, ticket.key, exchange, &story)
        }
        let filled = await ask(order)
        load.end()
        story.finish("fill")
        switch filled {
        case .answer(let answer, let status):
            story.cacheStatus = status
            return await give(answer, status.outcome, exchange, &story)
        case .loose(let answer):
            story.cacheStatus = .forwarded
            cache?.count(.passed)
            guard caller == nil else {
                // The service says after all that it is not the same for all: it is asked as who calls.
                answer.exchange.cancel()
                return false
            }
            try await relay(answer, to: exchange, &story)
            return true
        case .failed(let failure):
            story.detail = failure.reason
            story.proxyFault = failure.fault
            guard let answer = failure.answer, !isBridge else {
                failure.answer?.exchange.cancel()
                return try await giveInstead(of: failure.problem, known, ticket.key, exchange, &story)
            }
            cache?.count(.failed)
            try await relay(answer, to: exchange, &story)
            return true
        }
    }

    private func giveInstead(
        of problem: Problem, _ known: StoredAnswer?, _ key: CacheKey, _ exchange: ServerExchange,
        _ story: inout RequestStory
    ) async throws(Problem) -> Bool {
        guard let known, bridges(known, key) else {
            cache?.count(.failed)
            throw problem
        }
        return await give(known, .bridged, exchange, &story)
    }

    private func bridges(_ answer: StoredAnswer, _ key: CacheKey) -> Bool {
        cache?.bridges(answer, of: key, at: .now) ?? false
    }

    /// Gives what is kept, also to a client that has more than enough to take in already.
    ///
    /// - Returns: that the request was answered.
    private func give(
        _ answer: StoredAnswer, _ outcome: EdgeCache.Outcome, _ exchange: ServerExchange, _ story: inout RequestStory
    ) async -> Bool {
        let (head, body) = compose(answer, outcome, exchange, &story)
        if let body, !answer.isAbsence {
            await give(head, body, to: exchange, &story)
        } else {
            exchange.respond(head, body: body)
        }
        story.finish("write")
        return true
    }

    /// The answer of what is kept.
    private func compose(
        _ answer: StoredAnswer, _ outcome: EdgeCache.Outcome, _ exchange: ServerExchange, _ story: inout RequestStory
    ) -> (ResponseHead, ByteBuffer?) {
        cache?.count(outcome)
        let ttl = answer.freshness.remaining(at: story.now)
        switch outcome {
        case .bridged: story.cacheStatus = .bridged(ttlSeconds: ttl)
        case .collapsed: story.cacheStatus = .collapsed(ttlSeconds: ttl)
        case .hit, .stale: story.cacheStatus = .hit(ttlSeconds: ttl)
        case .filled, .revalidated, .passed, .bypassed, .failed: break
        }
        let age = Int(answer.freshness.age(at: story.now))
        if answer.isAbsence { return absence(age, &story) }
        if isKnown(answer, by: exchange.head.fields) { return (unchanged(answer, age, exchange, &story), nil) }
        var head = edgeHead(answer.status, story)
        head.fields.append(contentsOf: answer.fields)
        head.fields.append("age", age)
        head.fields.append("content-length", answer.body.readableBytes)
        story.status = answer.status
        let coded = compress(&head, exchange, story).map { coding in
            answer.body(in: coding) { encoded($0, coding) }
        }
        let body = coded ?? answer.body
        story.responseBytes = body.readableBytes
        return (head, body)
    }

    /// Whether the client has it already, in whatever coding (RFC 9110, section 13.1.2).
    private func isKnown(_ answer: StoredAnswer, by fields: HeaderFields) -> Bool {
        guard fields.contains("if-none-match"), let tags = fields.combined("if-none-match") else { return false }
        return answer.matches(coder == nil ? tags : CodedTag.plain(tags))
    }

    /// 304, with the fields that the 200 would have had but those of its content (RFC 9110, section 15.4.5).
    private func unchanged(
        _ answer: StoredAnswer, _ age: Int, _ exchange: ServerExchange, _ story: inout RequestStory
    ) -> ResponseHead {
        var head = edgeHead(304, story)
        for index in 0..<answer.fields.count where !answer.fields.matches(index, "content-type") {
            head.fields.append(index, of: answer.fields)
        }
        head.fields.append("age", age)
        story.status = 304
        _ = compress(&head, exchange, story)
        return head
    }

    /// That there is nothing, in words of this request.
    private func absence(_ age: Int, _ story: inout RequestStory) -> (ResponseHead, ByteBuffer?) {
        let problem = Problem(.notFound)
        story.status = problem.kind.status
        story.problemCode = problem.kind.code
        var head = edgeHead(problem.kind.status, story)
        head.fields.append("content-type", Problem.contentType)
        head.fields.append("cache-control", "no-store")
        head.fields.append("age", age)
        let body = problem.body(requestID: story.id.description)
        story.responseBytes = body.count
        return (head, ByteBuffer(bytes: body))
    }
}

extension CacheMachine.Finding where Waiter == FillWaiter {
    /// What is there and may be given, and how that counts.
    fileprivate var kept: (answer: StoredAnswer, outcome: EdgeCache.Outcome)? {
        switch self {
        case .fresh(let answer): (answer, .hit)
        case .stale(let answer, _): (answer, .stale)
        case .bridged(let answer): (answer, .bridged)
        case .fill, .wait, .pass, .full: nil
        }
    }
}

extension CacheStatus {
    fileprivate var outcome: EdgeCache.Outcome {
        switch self {
        case .revalidated: .revalidated
        default: .filled
        }
    }
}
