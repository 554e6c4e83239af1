public import Primitives

/// Proof of who calls. The type is the access rule: an endpoint whose `Caller` is `SignedIn` cannot be reached
/// otherwise.
@usableFromInline package protocol Principal: Sendable {
    /// The rule in words that gateway and documents can read.
    static var requirement: AccessRule { get }
    /// Makes the proof, or says why it cannot be made.
    init(_ context: CallerContext) throws(AccessRefusal)
}

/// Who may call an endpoint.
@usableFromInline package enum AccessRule: Sendable, Hashable {
    /// Anyone at all; every such endpoint stands in a golden file with its reason.
    case anyone
    case signedIn
    /// Signed in, with a permission such as `articles:write`.
    case permission(String)
    /// Another service of the suite.
    case service
}

/// Why a caller was refused.
@usableFromInline package enum AccessRefusal: Error, Sendable, Hashable {
    /// No valid proof: 401.
    case unauthenticated
    /// Known, and may not: 403.
    case forbidden(permission: String)
}

/// No proof is asked. Where the caller is signed in all the same, `account` says who.
@usableFromInline package struct Anyone: Principal {
    @usableFromInline package static let requirement = AccessRule.anyone
    @usableFromInline package let account: AccountID?

    @inlinable package init(_ context: CallerContext) {
        account = context.account?.id
    }
}

/// Someone who is signed in.
@usableFromInline package struct SignedIn: Principal {
    @usableFromInline package static let requirement = AccessRule.signedIn
    @usableFromInline package let account: CallerContext.Account

    @inlinable package var id: AccountID { account.id }

    @inlinable package init(_ context: CallerContext) throws(AccessRefusal) {
        guard let account = context.account else { throw .unauthenticated }
        self.account = account
    }
}

/// Someone who is signed in and holds permission `Grant`.
@usableFromInline package struct Permitted<Grant: Permission>: Principal {
    @usableFromInline package static var requirement: AccessRule { .permission(Grant.name) }
    @usableFromInline package let account: CallerContext.Account

    @inlinable package var id: AccountID { account.id }

    @inlinable package init(_ context: CallerContext) throws(AccessRefusal) {
        guard let account = context.account else { throw .unauthenticated }
        guard account.permissions.contains(Grant.name) else { throw .forbidden(permission: Grant.name) }
        self.account = account
    }
}

/// A permission as a type, so that it can be part of an endpoint's `Caller`.
@usableFromInline package protocol Permission: Sendable {
    /// For example `articles:write`.
    static var name: String { get }
}

/// Another service of the suite, calling for itself.
@usableFromInline package struct PeerService: Principal {
    @usableFromInline package static let requirement = AccessRule.service
    @usableFromInline package let name: ServiceName

    @inlinable package init(_ context: CallerContext) throws(AccessRefusal) {
        guard context.issuer != .gateway else { throw .unauthenticated }
        name = context.issuer
    }
}

/// Any process of the suite, the gateway included, calling for itself.
@usableFromInline package struct PeerOrGateway: Principal {
    @usableFromInline package static let requirement = AccessRule.service
    @usableFromInline package let name: ServiceName

    @inlinable package init(_ context: CallerContext) throws(AccessRefusal) {
        guard context.account == nil, context.clientAddress == nil else { throw .unauthenticated }
        name = context.issuer
    }
}

@usableFromInline package enum AccountSubject {}
@usableFromInline package typealias AccountID = Identifier<AccountSubject>
@usableFromInline package enum SessionSubject {}
@usableFromInline package typealias SessionID = Identifier<SessionSubject>
