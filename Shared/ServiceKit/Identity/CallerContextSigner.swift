package import Contract
internal import Cryptography
internal import JSON
package import Primitives

/// The signed form of a caller context, which a process sends to another in the header `causeway-caller`:
///
///     v1.<issuer>.<base64url of the payload>.<base64url of HMAC-SHA-256>
///
/// The payload is JSON `{"aud":…,"exp":…,"ctx":{…}}` with `exp` in seconds since 1970. The key belongs to one issuer
/// and one audience; the tag covers everything before its dot. A signed context may be sent again for `reuse`.
package struct CallerContextSigner: Sendable {
    package static let header = "causeway-caller"
    /// How long a context is good for.
    package static let lifetime: Duration = .seconds(30)
    /// How long a sender may go on using one.
    package static let reuse: Duration = .seconds(15)

    private let issuer: ServiceName
    private let audience: ServiceName
    private let key: HMACSHA256

    package init(issuer: ServiceName, audience: ServiceName, key: Secret<[UInt8]>) {
        self.issuer = issuer
        self.audience = audience
        self.key = HMACSHA256(key: key)
    }

    package func sign(_ context: CallerContext, now: Timestamp) -> String {
        precondition(context.issuer == issuer, "a process vouches in its own name only")
        var writer = JSONWriter(reservingBytes: 256)
        writer.object { writer in
            writer.member("aud", string: audience.rawValue)
            writer.member("exp", integer: (now + Self.lifetime).seconds)
            writer.name("ctx")
            context.encode(into: &writer)
        }
        let signed = "v1.\(issuer.rawValue).\(Base64URL.encode(writer.bytes))"
        return "\(signed).\(Base64URL.encode(key.authenticate(signed)))"
    }
}

/// Believes signed caller contexts that are addressed to one service.
package struct CallerContextVerifier: Sendable {
    /// The longest text that is looked at, in bytes.
    package static let bytesMax = 8192

    private let audience: ServiceName
    private let keys: [ServiceName: [HMACSHA256]]
    private let believed = BelievedContexts()
    /// How often a text had been found true before.
    package let lookups = CacheCounters()

    /// - Parameter keys: the keys of each issuer that may call.
    package init(audience: ServiceName, keys: [ServiceName: [Secret<[UInt8]>]]) {
        self.audience = audience
        self.keys = keys.mapValues { $0.map(HMACSHA256.init(key:)) }
    }

    /// The context, or nil for anything but a fresh one with a right tag: a caller is not told which rule it broke.
    package func verify(_ text: ArraySlice<UInt8>, now: Timestamp) -> CallerContext? {
        guard text.count <= Self.bytesMax else { return nil }
        // A sender uses a context for many calls; what was found true of its text stays true until it expires.
        let known = believed[text]
        lookups.count(hit: known != nil)
        if let known { return known.expiry >= now.seconds ? known.context : nil }
        guard let found = verifyAnew(text), found.expiry >= now.seconds else { return nil }
        believed.store(found, for: text, now: now)
        return found.context
    }

    private func verifyAnew(_ text: ArraySlice<UInt8>) -> BelievedContexts.Entry? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        guard parts.count == 4, parts[0].elementsEqual("v1".utf8),
            let issuer = ServiceName(rawValue: String(decoding: parts[1], as: UTF8.self)),
            let payload = Base64URL.decode(parts[2]), let tag = Base64URL.decode(parts[3]),
            let keys = keys[issuer]
        else { return nil }
        let signed = Array(text.dropLast(parts[3].count + 1))
        guard keys.contains(where: { $0.isValid(tag, for: signed) }) else { return nil }
        return Self.context(payload, issuer: issuer, audience: audience)
    }

    private static func context(
        _ payload: [UInt8], issuer: ServiceName, audience: ServiceName
    ) -> BelievedContexts.Entry? {
        var faults: [FieldFault] = []
        guard case .object(let members)? = try? JSONValue.parse(payload),
            members["aud"]?.string == audience.rawValue, let expiry = members["exp"]?.integer,
            let json = members["ctx"],
            let context = CallerContext(json: json, at: "/ctx", strict: false, faults: &faults),
            context.issuer == issuer
        else { return nil }
        return BelievedContexts.Entry(context: context, expiry: expiry)
    }
}
