internal import JSON
public import Primitives

/// What one process of the suite vouches for when it calls another: who is behind the call and where it came from.
///
/// It travels signed (`CallerContextSigner`); a service believes nothing else about identity. A class, since it goes
/// along with every call that it is believed for.
@usableFromInline package final class CallerContext: Sendable {
    /// The process that vouches.
    @usableFromInline package let issuer: ServiceName
    /// Whom the call is made for; nil for anonymous callers and for services on their own behalf.
    @usableFromInline package let account: Account?
    /// The client's address at the edge, as text.
    @usableFromInline package let clientAddress: String?
    /// The client's `User-Agent`, at most `userAgentScalarsMax` Unicode scalars.
    package let userAgent: String?

    package static let userAgentScalarsMax = 256

    package init(issuer: ServiceName, account: Account? = nil, clientAddress: String? = nil, userAgent: String? = nil) {
        self.issuer = issuer
        self.account = account
        self.clientAddress = clientAddress
        self.userAgent = userAgent
    }

    /// `User-Agent` as received, cut to what a context has room for. Counted in scalars: a single character may hold
    /// thousands of them, and the signed context has to fit into a header field.
    package static func userAgent(of bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.count > userAgentScalarsMax else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(userAgentScalarsMax)))
    }

    /// A signed-in account, as its access token told it. A class, since it goes along with every call of its context
    /// and has many parts.
    @usableFromInline package final class Account: Sendable {
        @usableFromInline package let id: AccountID
        package let session: SessionID
        package let roles: [String]
        /// What `roles` and the token's scope allow, sorted.
        @usableFromInline package let permissions: [String]
        /// When the person last proved themselves, for step-up.
        package let authenticatedAt: Timestamp
        /// How they did (RFC 8176): `pwd`, `otp`, …
        package let methods: [String]
        /// The account's epoch when the token was made; signing out everywhere raises it.
        package let epoch: Int

        package init(
            id: AccountID, session: SessionID, roles: [String], permissions: [String], authenticatedAt: Timestamp,
            methods: [String], epoch: Int
        ) {
            self.id = id
            self.session = session
            self.roles = roles
            self.permissions = permissions
            self.authenticatedAt = authenticatedAt
            self.methods = methods
            self.epoch = epoch
        }
    }
}

extension CallerContext: Hashable {
    @usableFromInline package static func == (one: CallerContext, other: CallerContext) -> Bool {
        one === other
            || (one.issuer, one.account, one.clientAddress, one.userAgent)
                == (other.issuer, other.account, other.clientAddress, other.userAgent)
    }

    @usableFromInline package func hash(into hasher: inout Hasher) {
        hasher.combine(issuer)
        hasher.combine(account)
        hasher.combine(clientAddress)
        hasher.combine(userAgent)
    }
}

extension CallerContext.Account: Hashable {
    @usableFromInline package static func == (one: CallerContext.Account, other: CallerContext.Account) -> Bool {
        one === other
            || (one.id, one.session, one.epoch, one.authenticatedAt)
                == (other.id, other.session, other.epoch, other.authenticatedAt)
                && (one.roles, one.permissions, one.methods) == (other.roles, other.permissions, other.methods)
    }

    @usableFromInline package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(session)
    }
}

extension CallerContext: Shaped {
    @usableFromInline package static let shape = Shape(
        CallerContext.init(issuer:account:clientAddress:userAgent:),
        .body("iss", \.issuer), .body("acct", \.account, whenNil: .omit), .body("ip", \.clientAddress, whenNil: .omit),
        .body("ua", \.userAgent, whenNil: .omit))
}

extension CallerContext.Account: Shaped {
    @usableFromInline package static let shape = Shape(
        CallerContext.Account.init(id:session:roles:permissions:authenticatedAt:methods:epoch:),
        .body("sub", \.id), .body("sid", \.session), .body("roles", \.roles), .body("perms", \.permissions),
        .body("at", \.authenticatedAt), .body("amr", \.methods), .body("ep", \.epoch))
}

/// The parts of the suite that call each other.
@usableFromInline package enum ServiceName: String, Sendable, Hashable, CaseIterable, JSONEnumeration {
    case gateway
    case auth
    case user
    case content
}
