package import Contract
internal import Cryptography
package import Primitives

/// One thing that happened to an account, as the audit table keeps it.
package struct AuditEntry: Sendable, Hashable {
    /// Who did it; nil where nobody has proved to be anyone.
    package let actor: AccountID?
    /// Whose account it was done to; nil where there is no such account.
    package let subject: AccountID?
    package let action: AuditAction
    package let outcome: AuditOutcome
    package let requestID: String
    /// The client's address at the edge.
    package let address: String?
    /// What else is worth knowing. Never a secret, and never a mail address, since entries outlive accounts.
    package let detail: [String: String]

    package init(
        _ action: AuditAction, _ outcome: AuditOutcome, actor: AccountID? = nil, subject: AccountID? = nil,
        facts: CallFacts? = nil, detail: [String: String] = [:]
    ) {
        self.init(
            action: action, outcome: outcome, actor: actor, subject: subject, requestID: facts?.requestID ?? "none",
            address: facts?.context.clientAddress, detail: detail)
    }

    package init(
        action: AuditAction, outcome: AuditOutcome, actor: AccountID?, subject: AccountID?, requestID: String,
        address: String?, detail: [String: String]
    ) {
        self.actor = actor
        self.subject = subject
        self.action = action
        self.outcome = outcome
        self.requestID = requestID
        self.address = address
        self.detail = detail
    }
}

package enum AuditAction: String, Sendable, CaseIterable {
    case register
    case verifyEmail = "verify-email"
    case login
    case refresh
    case logout
    case logoutEverywhere = "logout-everywhere"
    case revokeSession = "revoke-session"
    case disablePassword = "disable-password"
    case rotateKeys = "rotate-keys"
    case disableAccount = "disable-account"
    case enableAccount = "enable-account"
    case eraseAccount = "erase-account"
    case createAPIKey = "create-api-key"
    case changeAPIKey = "change-api-key"
    case rotateAPIKey = "rotate-api-key"
    case deleteAPIKey = "delete-api-key"
}

package enum AuditOutcome: String, Sendable, CaseIterable {
    case success
    /// What was asked for was refused.
    case refused
    /// A refresh token came twice.
    case reused
    /// The address was known already.
    case known
    /// Right, yet the address is not verified.
    case unverified
}

/// An entry in its place in the chain.
package struct AuditRow: Sendable, Hashable {
    /// 1 for the first row, without gaps.
    package let sequence: Int
    package let at: Timestamp
    package let entry: AuditEntry
    /// The hash of the row before, 32 zero bytes for the first.
    package let previous: [UInt8]
    package let hash: [UInt8]

    package static let genesis = [UInt8](repeating: 0, count: SHA256.digestBytes)

    /// A row as it was stored.
    package init(sequence: Int, at: Timestamp, entry: AuditEntry, previous: [UInt8], hash: [UInt8]) {
        self.sequence = sequence
        self.at = at
        self.entry = entry
        self.previous = previous
        self.hash = hash
    }

    /// The row that follows the row with `sequence` and `hash`.
    package init(_ entry: AuditEntry, at: Timestamp, after tail: AuditTail) {
        sequence = tail.sequence + 1
        self.at = at
        self.entry = entry
        previous = tail.hash
        hash = Self.digest(sequence: sequence, at: at, entry: entry, previous: previous)
    }

    /// Whether the stored hash is this row's.
    package var isSound: Bool {
        hash == Self.digest(sequence: sequence, at: at, entry: entry, previous: previous)
    }

    package var tail: AuditTail { AuditTail(sequence: sequence, hash: hash) }

    /// SHA-256 of the canonical encoding. The format is final:
    ///
    /// 1. the text `causeway audit v1` and a zero byte,
    /// 2. the 32 bytes of `previous`,
    /// 3. `sequence`, then `at` in microseconds since 1970, each as 8 bytes, most significant first,
    /// 4. actor, subject, action, outcome, request id and address, in this order, each as a text,
    /// 5. the number of details as 4 bytes, then each name and value as texts, ordered by the UTF-8 bytes of the names.
    ///
    /// A text is its length in UTF-8 bytes as 4 bytes, most significant first, and those bytes; one that is absent is
    /// the length 0xFFFFFFFF alone. Ids are texts in their canonical form.
    private static func digest(sequence: Int, at: Timestamp, entry: AuditEntry, previous: [UInt8]) -> [UInt8] {
        var encoding = CanonicalBytes()
        encoding.bytes += Array("causeway audit v1".utf8) + [0] + previous
        encoding.put(Int64(sequence))
        encoding.put(at.microseconds)
        let texts = [
            entry.actor?.description, entry.subject?.description, entry.action.rawValue, entry.outcome.rawValue,
            entry.requestID, entry.address,
        ]
        for text in texts { encoding.put(text) }
        encoding.put(UInt32(clamping: entry.detail.count))
        for (name, value) in entry.detail.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            encoding.put(name)
            encoding.put(value)
        }
        return SHA256.hash(encoding.bytes)
    }
}

/// Numbers and texts, each in one encoding only.
private struct CanonicalBytes {
    var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func put(_ text: String?) {
        guard let text else { return put(UInt32.max) }
        put(UInt32(clamping: text.utf8.count))
        bytes += Array(text.utf8)
    }
}
