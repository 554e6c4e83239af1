internal import Cryptography
internal import Logging
internal import Postgres
internal import Primitives
internal import Synchronization

/// The keys that access tokens are signed with: the database's, kept in memory as one immutable snapshot.
final class SigningKeys: Sendable {
    /// The published keys with their private halves, in the order in which they sign.
    struct Snapshot: Sendable {
        let times: [KeySchedule.Key]
        let keys: [String: P256PrivateKey]

        var published: [P256PublicKey] { times.compactMap { keys[$0.id]?.publicKey } }
    }

    /// How often a process looks for keys that another has made.
    static let refreshInterval: Duration = .seconds(60)

    private let database: Database
    private let keyring: SealingKeyring
    private let schedule: KeySchedule
    private let clock: Clock
    private let logger: Logger
    private let store = KeyStore()
    private let audit = AuditStore()
    private let cached = Mutex<Snapshot?>(nil)

    init(database: Database, keyring: SealingKeyring, schedule: KeySchedule, clock: Clock, logger: Logger) {
        self.database = database
        self.keyring = keyring
        self.schedule = schedule
        self.clock = clock
        self.logger = logger
    }

    /// The key to sign with now.
    func current() async throws -> P256PrivateKey {
        let snapshot = try await snapshot()
        if let key = key(of: snapshot) { return key }
        // Every key of the snapshot is to sign later only, which a clock set back can bring about.
        guard let key = key(of: try await refresh()) else { throw SigningKeyFault.noneActive }
        return key
    }

    func published() async throws -> [P256PublicKey] {
        try await snapshot().published
    }

    private func key(of snapshot: Snapshot) -> P256PrivateKey? {
        schedule.current(of: snapshot.times, at: clock.now).flatMap { snapshot.keys[$0.id] }
    }

    private func snapshot() async throws -> Snapshot {
        if let snapshot = cached.withLock({ $0 }) { return snapshot }
        return try await refresh()
    }

    /// Makes and retires keys as the schedule says, then takes the database's keys into memory.
    @discardableResult
    func refresh() async throws -> Snapshot {
        var snapshot = try open(try await store.published(in: database))
        if !schedule.steps(for: snapshot.times, at: clock.now).isEmpty {
            try await applySteps()
            snapshot = try open(try await store.published(in: database))
        }
        cached.withLock { $0 = snapshot }
        return snapshot
    }

    private func applySteps() async throws {
        let now = clock.now
        try await database.transaction { transaction in
            try await store.lock(in: transaction)
            // Read again under the lock: another process may have done it meanwhile.
            let times = try await store.published(in: transaction).map(\.times)
            for step in schedule.steps(for: times, at: now) {
                let detail: [String: String]
                switch step {
                case .create(let activeAt):
                    let key = P256PrivateKey.generate()
                    try await store.insert(seal(key, publishedAt: now, activeAt: activeAt), in: transaction)
                    detail = ["created": key.publicKey.keyID, "active-at": activeAt.description]
                case .retire(let id):
                    try await store.retire(id, at: now, in: transaction)
                    detail = ["retired": id]
                }
                try await audit.append(AuditEntry(.rotateKeys, .success, detail: detail), at: now, in: transaction)
                logger.notice("a signing key was rotated", metadata: detail.mapValues { .string($0) })
            }
        }
    }

    private func seal(_ key: P256PrivateKey, publishedAt: Timestamp, activeAt: Timestamp) -> SigningKeyRow {
        let id = key.publicKey.keyID
        return SigningKeyRow(
            kid: id, x: key.publicKey.x, y: key.publicKey.y,
            privateKey: keyring.seal(key.scalar.exposedValue, associatedData: Array(id.utf8)),
            publishedAt: publishedAt, activeAt: activeAt)
    }

    private func open(_ rows: [SigningKeyRow]) throws -> Snapshot {
        var keys: [String: P256PrivateKey] = [:]
        for row in rows {
            let scalar = try keyring.open(row.privateKey, associatedData: Array(row.kid.utf8))
            guard let key = P256PrivateKey(scalar: Secret(scalar)), key.publicKey.keyID == row.kid else {
                throw SigningKeyFault.unusable(kid: row.kid)
            }
            keys[row.kid] = key
        }
        return Snapshot(times: rows.map(\.times), keys: keys)
    }
}

/// Why no token can be signed.
enum SigningKeyFault: Error, Sendable, Hashable {
    /// Every key is to sign later only.
    case noneActive
    /// The stored private half is not that of the stored id.
    case unusable(kid: String)
}

extension SigningKeyRow {
    fileprivate var times: KeySchedule.Key {
        KeySchedule.Key(id: kid, publishedAt: publishedAt, activeAt: activeAt)
    }
}
