internal import Contract
internal import JSON
internal import Postgres
internal import Primitives

/// The audit chain in the database.
struct AuditStore: Sendable {
    /// How many rows verification reads at once; the statement holds it as a literal.
    static let pageRows = 500

    /// Appends `entry` to the chain. The lock on its end is held until the transaction ends, so do this last.
    func append(_ entry: AuditEntry, at now: Timestamp, in transaction: Transaction) async throws(PostgresFailure) {
        let tail = try await transaction.one(Self.lockTailStatement)
        let row = AuditRow(entry, at: now, after: tail)
        try await transaction.execute(
            Self.appendStatement, row.sequence, row.at, entry.actor, entry.subject, entry.action.rawValue,
            entry.outcome.rawValue, entry.requestID, entry.address, Self.encode(entry.detail), row.previous, row.hash)
    }

    /// Checks the whole chain, page by page, in one snapshot.
    ///
    /// - Parameter noted: an end that was noted elsewhere, through which the chain must pass.
    /// - Returns: its end.
    /// - Throws: `AuditChain.Fault` where something was changed.
    func verify(_ database: Database, through noted: AuditTail? = nil) async throws -> AuditTail {
        try await database.transaction(isolation: .readOnlySnapshot) { transaction in
            var chain = AuditChain(through: noted)
            while true {
                let rows = try await transaction.all(Self.pageStatement, chain.tail.sequence)
                for row in rows { try chain.append(row) }
                if rows.count < Self.pageRows { break }
            }
            try chain.finish(recorded: try await transaction.one(Self.tailStatement))
            return chain.tail
        }
    }

    private static func encode(_ detail: [String: String]) -> JSONBytes {
        JSONBytes(
            JSONWriter.object { json in
                for (name, value) in detail.sorted(by: { $0.key < $1.key }) {
                    json.name(name)
                    json.string(value)
                }
            })
    }

    /// Details that are not an object of texts were not written here; as none they do not fit the hash.
    private static func decode(_ detail: JSONBytes) -> [String: String] {
        guard case .object(let object)? = try? JSONValue.parse(detail.bytes) else { return [:] }
        var decoded: [String: String] = [:]
        for member in object.members {
            guard let text = member.value.string else { return [:] }
            decoded[member.name] = text
        }
        return decoded
    }

    private static let lockTailStatement = Statement<AuditTail>(
        "auth.lock-audit-tail", "SELECT sequence, hash FROM auth.audit_tail FOR UPDATE", AuditTail.init)

    private static let tailStatement = Statement<AuditTail>(
        "auth.audit-tail", "SELECT sequence, hash FROM auth.audit_tail", AuditTail.init)

    private static let appendStatement = Statement<
        Void, Int, Timestamp, AccountID?, AccountID?, String, String, String, String?, JSONBytes, [UInt8], [UInt8]
    >(
        "auth.append-audit",
        """
        WITH tail AS (UPDATE auth.audit_tail SET sequence = $1, hash = $11)
        INSERT INTO auth.audit (
            sequence, at, actor, subject, action, outcome, request_id, address, detail, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """)

    private static let pageStatement = Statement<AuditRow, Int>(
        "auth.audit-page",
        """
        SELECT sequence, at, actor, subject, action, outcome, request_id, address, detail, previous, hash
        FROM auth.audit WHERE sequence > $1 ORDER BY sequence, at LIMIT 500
        """
    ) {
        (
            sequence: Int, at: Timestamp, actor: AccountID?, subject: AccountID?, action: AuditAction,
            outcome: AuditOutcome, requestID: String, address: String?, detail: JSONBytes, previous: [UInt8],
            hash: [UInt8]
        ) in
        AuditRow(
            sequence: sequence, at: at,
            entry: AuditEntry(
                action: action, outcome: outcome, actor: actor, subject: subject, requestID: requestID,
                address: address, detail: Self.decode(detail)),
            previous: previous, hash: hash)
    }
}

extension AuditAction: PostgresDecodable {}
extension AuditOutcome: PostgresDecodable {}
