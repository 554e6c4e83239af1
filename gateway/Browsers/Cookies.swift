internal import Contract
internal import HTTP
internal import Telemetry
internal import Transport

extension Pipeline {
    /// Tokens become cookies, and are refreshed or ended by them, for our own pages only. A page that was loaded anew
    /// has no token of its session yet, and gets one from the refresh: so the browser's word is enough here. Another
    /// site's page could send neither this header nor this cookie, nor read the answer.
    func requireOwnPage(_ fields: HeaderFields, _ endpoint: EndpointRoute) throws(Problem) {
        let asksForCookies = fields.first("x-token-transport") == "cookie"
        guard asksForCookies || endpoint.cookies.contains(where: { !fields.cookies($0).isEmpty }) else { return }
        guard browsers.areOurs(fields) else { throw Problem(.csrfFailed) }
    }

    /// Who calls by a cookie. Browsers send cookies with everything, asked or not: where anyone may call, one that is
    /// not good, or comes with a change and without proof of its page, leaves the call anonymous.
    func callerByCookie(
        _ cookie: String, _ exchange: ServerExchange, _ endpoint: EndpointRoute, _ story: inout RequestStory
    ) async throws(Problem) -> VerifiedToken? {
        let isNeeded = endpoint.access != .anyone
        let caller: VerifiedToken
        do throws(Problem) {
            caller = try await verified(cookie, exchange, &story)
        } catch {
            guard isNeeded || error.kind != .accessTokenInvalid else { return nil }
            throw error
        }
        guard endpoint.isSafe || browsers.prove(caller, exchange.head.fields) else {
            guard isNeeded else { return nil }
            throw Problem(.csrfFailed)
        }
        story.isByCookie = true
        return caller
    }

    /// Copies the cookies that the contract names. One that came twice came from two who set it; neither is believed.
    func copyCookies(_ source: HeaderFields, _ endpoint: EndpointRoute, to target: inout HeaderFields) {
        let cookies = endpoint.cookies.compactMap { name -> String? in
            let values = source.cookies(name)
            guard values.count == 1, let value = values.first, !value.isEmpty,
                value.allSatisfy({ PercentEncoding.isUnreserved($0) })
            else { return nil }
            guard value.count <= Self.cookieBytesMax else {
                observer.observe(LimitObservation(limit: "cookie-bytes", detail: endpoint.operation))
                return nil
            }
            return "\(name)=\(String(decoding: value, as: UTF8.self))"
        }
        if !cookies.isEmpty { target.append("cookie", cookies.joined(separator: "; ")) }
    }

    /// Of the value of a cookie that a service gets.
    private static let cookieBytesMax = 512
}
