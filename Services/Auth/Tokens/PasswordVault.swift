internal import Contract
internal import Cryptography
internal import Primitives

/// Password hashes as the database holds them: PHC strings in sealed boxes.
///
/// The box's associated data is the account's id as 16 bytes, so that a hash copied to another account does not open.
struct PasswordVault: Sendable {
    let hasher: PasswordHasher
    let pepper: SealingKeyring

    enum Verdict: Sendable, Hashable {
        /// `isOutdated` where the hash or its seal should be made anew.
        case match(isOutdated: Bool)
        case mismatch
    }

    /// Hashes and seals a password for `account`.
    func seal(_ password: Secret<String>, for account: AccountID) async throws(PasswordHasherFailure) -> [UInt8] {
        seal(hash: try await hash(password), for: account)
    }

    /// The PHC string of a password whose account is not known yet.
    func hash(_ password: Secret<String>) async throws(PasswordHasherFailure) -> Secret<String> {
        Secret(try await hasher.hash(password))
    }

    func seal(hash: Secret<String>, for account: AccountID) -> [UInt8] {
        pepper.seal(Array(hash.exposedValue.utf8), associatedData: account.associatedData)
    }

    /// Checks a password against the sealed hash of `account`.
    func verify(_ password: Secret<String>, against box: [UInt8], of account: AccountID) async throws -> Verdict {
        let phc = try pepper.open(box, associatedData: account.associatedData)
        let isStale = try pepper.needsResealing(box)
        switch try await hasher.verify(password, against: String(decoding: phc, as: UTF8.self)) {
        case .match(let needsRehash): return .match(isOutdated: needsRehash || isStale)
        case .mismatch: return .mismatch
        }
    }

    /// Takes as long as `verify` and finds nothing.
    func verifyNothing(_ password: Secret<String>) async throws(PasswordHasherFailure) -> Verdict {
        _ = try await hasher.verifyUnknownAccount(password)
        return .mismatch
    }
}

extension PasswordHasherFailure {
    /// Whether the caller should come back later.
    var isBusy: Bool {
        switch self {
        case .busy, .stopped, .outOfMemory: true
        case .cancelled, .passwordTooLong, .malformedHash: false
        }
    }
}

extension Identifier {
    /// What ties a sealed column to its row.
    fileprivate var associatedData: [UInt8] {
        [uuid.high, uuid.low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }
}
