internal import Contract
internal import HTTP
internal import ServiceKit
internal import Telemetry
internal import Transport

extension Pipeline {
    /// How often it is looked whether whoever opened a tunnel has been signed out.
    private static let revocationLook: Duration = .seconds(2)
    /// A handshake may have met a connection that the upstream was just closing.
    private static let attemptsMax = 2

    /// Opens a WebSocket to the upstream for a client that asks for one, and carries its bytes until it ends.
    ///
    /// - Parameter call: a request as the upstream would get it without a WebSocket.
    func tunnel(
        _ exchange: ServerExchange, _ call: ClientCall, _ endpoint: EndpointRoute, _ target: some CallTarget,
        _ caller: VerifiedToken?, _ story: inout RequestStory
    ) async throws(Problem) {
        try WebSocketHandshake.check(exchange.head)
        try requireOwnOrigin(exchange.head.fields, story)
        let place = TunnelGate.Place(exchange)
        try enterTunnel(place, story)
        defer { tunnels.leave(place) }
        let key = target.pool.configuration.version == .http1 ? WebSocketHandshake.newKey() : nil
        let (upstream, answer) = try await shakeHands(exchange, call, endpoint, target, key, &story)
        defer { upstream.cancel() }
        guard answer.status == (key == nil ? 200 : 101) else {
            // It has said why not, as to any request.
            upstream.allowSilence(endpoint.silenceMax ?? endpoint.deadline)
            return try await relay(
                ClientAnswer(head: answer, exchange: upstream), to: exchange, &story, answers: endpoint.answers)
        }
        var fields: HeaderFields
        do throws(WebSocketHandshake.UpstreamRefusal) {
            fields = try WebSocketHandshake.answer(answer.fields, to: exchange.head, key: key)
        } catch {
            story.detail = "\(endpoint.upstreamName): handshake \(error.rawValue)"
            throw Problem(.badGateway)
        }
        fields.append(DateField.name, DateField.text(at: story.time))
        tell(of: story, &fields)
        story.status = exchange.connection.version == .http2 ? 200 : 101
        release(&story)
        await carry(exchange.acceptTunnel(fields), ClientTunnel(upstream), endpoint, caller, &story)
    }

    private func carry(
        _ client: ServerTunnel, _ upstream: ClientTunnel, _ endpoint: EndpointRoute, _ caller: VerifiedToken?,
        _ story: inout RequestStory
    ) async {
        // It ends with this scope.
        async let _ = watch(caller, upstream)
        let report = await TunnelRelay.run(
            client, upstream, silence: endpoint.silenceMax ?? endpoint.deadline)
        (story.requestBytes, story.responseBytes) = (report.fromClient, report.fromUpstream)
        story.detail = report.broken.map { "tunnel: \($0)" }
        story.finish("tunnel")
        if report.broken == "idle" {
            observer.observe(
                LimitObservation(limit: "tunnel-idle", detail: story.operation, requestID: story.id))
        }
    }

    /// Breaks the tunnel off once its opener's session is revoked. The token itself may run out: it was good when the
    /// tunnel was opened, and whoever wants less sets a shorter silence or closes from behind.
    private func watch(_ caller: VerifiedToken?, _ tunnel: ClientTunnel) async {
        guard let caller else { return }
        while (try? await Task.sleep(for: Self.revocationLook)) != nil {
            if tokens.isRevoked(caller) { return tunnel.cancel() }
        }
    }

    private func shakeHands(
        _ exchange: ServerExchange, _ call: ClientCall, _ endpoint: EndpointRoute, _ target: some CallTarget,
        _ key: String?, _ story: inout RequestStory
    ) async throws(Problem) -> (ClientExchange, ResponseHead) {
        // The tunnel itself counts with the tunnels.
        try begin(target.load, endpoint, &story)
        defer {
            target.load.end()
            story.finish("upstream")
        }
        var call = call
        call.head.method = key == nil ? .connect : .get
        call.head.connectProtocol = WebSocketHandshake.name
        call.head.fields.remove("content-length")
        WebSocketHandshake.ask(&call.head.fields, of: exchange.head, key: key)
        var attempts = 0
        while true {
            attempts += 1
            var opened: ClientExchange?
            do throws(ClientFailure) {
                let upstream = try await target.pool.open(call, hasBody: true, isAgain: attempts > 1)
                opened = upstream
                return (upstream, try await upstream.response())
            } catch {
                opened?.cancel()
                guard attempts < Self.attemptsMax, error.provablyDidNoWork || error.code == .connectionLost,
                    target.pool.mayOpenAgain(call, after: error, attempts: attempts)
                else {
                    throw upstreamProblem(error, endpoint, &story)
                }
            }
        }
    }

    private func enterTunnel(_ place: TunnelGate.Place, _ story: RequestStory) throws(Problem) {
        do throws(TunnelGate.Refusal) {
            try tunnels.enter(place)
        } catch {
            let limit: StaticString = error == .total ? "tunnels" : "tunnels-per-connection"
            observer.observe(LimitObservation(limit: limit, detail: story.operation, requestID: story.id))
            throw error == .total
                ? Problem(.unavailable, detail: "Too many WebSockets are open.", retryAfter: .seconds(1))
                : Problem(.rateLimited, detail: "Too many WebSockets are open on this connection.")
        }
    }

    /// A browser sends cookies to whatever a page of anybody's opens, and no CORS stands before a WebSocket (RFC 6455,
    /// section 10.2). What else proves a change, the page cannot send here.
    private func requireOwnOrigin(_ fields: HeaderFields, _ story: RequestStory) throws(Problem) {
        guard story.isByCookie, !browsers.isOwnOrigin(fields) else { return }
        throw Problem(.forbidden, detail: "WebSockets are opened by a cookie only from pages of this origin.")
    }
}
