import AuthService
import Contract
import Primitives
import Testing

@Suite struct AuditChainTests {
    static let at = Timestamp(microseconds: 1_800_000_000_123_456)

    static func rows(_ count: Int) -> [AuditRow] {
        var tail = AuditTail.empty
        return (1...count).map { number in
            let entry = AuditEntry(
                action: .login, outcome: .success, actor: nil,
                subject: AccountID("01980000-0000-7000-8000-000000000001"),
                requestID: "r\(number)", address: "192.0.2.1", detail: ["b": "2", "a": "1"])
            let row = AuditRow(entry, at: at + .seconds(number), after: tail)
            tail = row.tail
            return row
        }
    }

    static func fault(of rows: [AuditRow], recorded: AuditTail? = nil) -> AuditChain.Fault? {
        var chain = AuditChain()
        do throws(AuditChain.Fault) {
            for row in rows { try chain.append(row) }
            try chain.finish(recorded: recorded ?? chain.tail)
            return nil
        } catch {
            return error
        }
    }

    /// The stored format is final: this hash must never change.
    @Test func theEncodingIsFixed() {
        #expect(Hex.encode(Self.rows(1)[0].hash) == Self.golden)
    }

    static let golden = "a8951653fe12ca2f98091dbbbbd721ad0e8a4ebbe4e84af6df2cd7e94c3a5f53"

    @Test func aWholeChainIsSound() {
        #expect(Self.fault(of: Self.rows(20)) == nil)
    }

    @Test func aMissingRowShows() {
        var rows = Self.rows(5)
        rows.remove(at: 2)
        #expect(Self.fault(of: rows) == .gap(after: 2))
        #expect(Self.fault(of: Array(Self.rows(5).dropFirst())) == .gap(after: 0))
    }

    @Test func aCutEndShows() {
        let rows = Self.rows(5)
        #expect(Self.fault(of: Array(rows.dropLast()), recorded: rows[4].tail) == .end(rows: 4, recorded: 5))
    }

    @Test func everyFieldIsCovered() {
        let rows = Self.rows(3)
        let (row, entry) = (rows[1], rows[1].entry)
        func altered(
            at: Timestamp? = nil,
            _ change: (inout (AuditAction, AuditOutcome, AccountID?, AccountID?, String, String?, [String: String])) ->
                Void
        ) -> AuditChain.Fault? {
            var fields = (
                entry.action, entry.outcome, entry.actor, entry.subject, entry.requestID, entry.address, entry.detail
            )
            change(&fields)
            let forged = AuditRow(
                sequence: row.sequence, at: at ?? row.at,
                entry: AuditEntry(
                    action: fields.0, outcome: fields.1, actor: fields.2, subject: fields.3, requestID: fields.4,
                    address: fields.5, detail: fields.6),
                previous: row.previous, hash: row.hash)
            return Self.fault(of: [rows[0], forged, rows[2]])
        }
        #expect(altered { _ in } == nil)
        #expect(altered(at: row.at + .microseconds(1)) { _ in } == .altered(at: 2))
        #expect(altered { $0.0 = .logout } == .altered(at: 2))
        #expect(altered { $0.1 = .refused } == .altered(at: 2))
        #expect(altered { $0.2 = .make() } == .altered(at: 2))
        #expect(altered { $0.3 = nil } == .altered(at: 2))
        #expect(altered { $0.4 = "r" } == .altered(at: 2))
        #expect(altered { $0.5 = nil } == .altered(at: 2))
        #expect(altered { $0.5 = "" } == .altered(at: 2))
        #expect(altered { $0.6 = ["a": "1"] } == .altered(at: 2))
        #expect(altered { $0.6 = ["a": "2", "b": "1"] } == .altered(at: 2))
    }

    @Test func aRowHashedAnewBreaksTheNext() {
        let rows = Self.rows(3)
        let forged = AuditRow(
            AuditEntry(
                action: .logout, outcome: .success, actor: nil, subject: nil, requestID: "r2", address: nil, detail: [:]
            ),
            at: rows[1].at, after: rows[0].tail)
        #expect(Self.fault(of: [rows[0], forged, rows[2]]) == .broken(at: 3))
    }
}
