package import Contract
package import Primitives

/// One public key (RFC 7517, section 4).
package struct PublicKeyView: Shaped, Hashable {
    package let kty: String
    package let crv: String
    package let x: String
    package let y: String
    package let kid: String
    package let alg: String
    package let use: String

    package init(
        kty: String = "EC", crv: String = "P-256", x: String, y: String, kid: String, alg: String = "ES256",
        use: String = "sig"
    ) {
        self.kty = kty
        self.crv = crv
        self.x = x
        self.y = y
        self.kid = kid
        self.alg = alg
        self.use = use
    }

    package static let shape = Shape(
        PublicKeyView.init, named: "PublicKey", .body("kty", \.kty), .body("crv", \.crv), .body("x", \.x),
        .body("y", \.y), .body("kid", \.kid), .body("alg", \.alg), .body("use", \.use))
}

/// A JWK Set (RFC 7517, section 5).
package struct KeySetView: Shaped, Hashable {
    package let keys: [PublicKeyView]

    package init(keys: [PublicKeyView]) {
        self.keys = keys
    }

    package static let shape = Shape(KeySetView.init, named: "KeySet", .body("keys", \.keys))
}

package enum ReadKeySet: Endpoint {
    package typealias Caller = Anyone
    package typealias Input = Nothing
    package typealias Output = KeySetView
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/.well-known/jwks.json"
    package static let policy = Policy(
        visibility: .public, rate: .read, retry: .safe,
        // A key is published a day before it signs.
        cache: .shared(
            SharedCaching(
                freshFor: .seconds(60), staleWhileRevalidating: .seconds(60), staleIfError: .seconds(600),
                clientsFor: .seconds(300), audience: .everyone)))
    package static let input = Nothing.shape
    package static let output = Answer.ok(KeySetView.shape)
    package static let summary = "The public keys that access tokens are verified with."
}

/// One thing that was revoked before its tokens ran out.
package struct RevocationView: Shaped, Hashable {
    /// A session all of whose tokens are refused, or
    package let session: SessionID?
    /// an account whose tokens of an epoch below `epoch` are.
    package let account: AccountID?
    package let epoch: Int?
    package let revokedAt: Timestamp

    package init(session: SessionID?, account: AccountID?, epoch: Int?, revokedAt: Timestamp) {
        self.session = session
        self.account = account
        self.epoch = epoch
        self.revokedAt = revokedAt
    }

    package static let shape = Shape(
        RevocationView.init, named: "Revocation", .body("session", \.session, whenNil: .omit),
        .body("account", \.account, whenNil: .omit), .body("epoch", \.epoch, whenNil: .omit),
        .body("revokedAt", \.revokedAt))
}

/// Everything that was revoked lately: what a process asks for at its start, and when Redis is silent.
package enum ListRevocations: Endpoint {
    package typealias Caller = PeerOrGateway
    package typealias Input = Nothing
    package typealias Output = Items<RevocationView>
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/internal/auth/revocations"
    package static let policy = Policy(rate: .none, retry: .safe, deadline: .seconds(2))
    package static let input = Nothing.shape
    package static let output = Answer.ok(Items<RevocationView>.shape)
    package static let summary = "What was revoked within the life of an access token."
}
