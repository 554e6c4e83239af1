internal import Contract
internal import HTTP
internal import Protocol
internal import ServiceKit

/// The one credential of a request.
enum Credential {
    /// An access token in `Authorization`.
    case bearer(ArraySlice<UInt8>)
    case apiKey(String)
    /// An access token in a cookie, which browsers send by themselves.
    case cookie(String)

    /// Nil where there is no credential. The cookie of a refresh token is none: it counts where a contract takes it.
    ///
    /// - Throws: 400 where there is more than one credential, 401 where it is of a kind that is not taken.
    static func read(_ fields: HeaderFields) throws(Problem) -> Credential? {
        let bearer = try BearerCredential.read(fields).map(Credential.bearer)
        let key = try apiKey(fields)
        let cookie = try cookie(fields)
        switch (bearer, key, cookie) {
        case (let credential, nil, nil): return credential
        case (nil, let credential, nil): return credential
        case (nil, nil, let credential): return credential
        default: throw Problem(.credentialsConflict)
        }
    }

    private static func apiKey(_ fields: HeaderFields) throws(Problem) -> Credential? {
        guard let index = fields.firstIndex(APIKey.header) else { return nil }
        guard fields.count(of: APIKey.header) == 1 else { throw Problem(.credentialsConflict) }
        return .apiKey(fields.value(at: index))
    }

    private static func cookie(_ fields: HeaderFields) throws(Problem) -> Credential? {
        guard fields.contains("cookie") else { return nil }
        let values = fields.cookies(TokenCookies.accessName)
        guard values.count <= 1 else { throw Problem(.credentialsConflict) }
        // An empty one is what a browser has that was told to forget it, and did not.
        guard let value = values.first, !value.isEmpty else { return nil }
        return .cookie(String(decoding: value, as: UTF8.self))
    }
}
