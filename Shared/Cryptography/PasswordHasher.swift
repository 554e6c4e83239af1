package import Primitives

/// Hashes and checks passwords on threads of its own, so that neither an event loop nor the cooperative pool waits, and
/// so that a rush of logins costs bounded memory: threads times `memoryKiB`.
package final class PasswordHasher: Sendable {
    package let parameters: PasswordParameters
    private let pool: BlockingPool

    /// - Parameters:
    ///   - threads: how many hash at once; more than there are cores gains nothing.
    ///   - queueMax: how many may wait beyond those.
    ///   - waitMax: how long each may wait before it is refused as `.busy`.
    package init(
        parameters: PasswordParameters = .standard, threads: Int = BlockingPool.processorCount, queueMax: Int = 32,
        waitMax: Duration = .seconds(1)
    ) {
        self.parameters = parameters
        pool = BlockingPool(threads: threads, queueMax: queueMax, waitMax: waitMax)
    }

    /// The PHC string of `password` with a new salt.
    package func hash(_ password: Secret<String>) async throws(PasswordHasherFailure) -> String {
        let parameters = parameters
        return try await perform(password) { () throws(PasswordHasherFailure) in
            try PasswordHash.compute(password: password, parameters: parameters).phc
        }
    }

    /// Checks `password` against a PHC string of any cost that is honoured.
    package func verify(
        _ password: Secret<String>, against phc: String
    ) async throws(PasswordHasherFailure) -> PasswordVerdict {
        let stored: PasswordHash
        do { stored = try PasswordHash(phc: phc) } catch { throw .malformedHash(error) }
        let isMatch = try await perform(password) { () throws(PasswordHasherFailure) in
            try stored.matches(password)
        }
        return isMatch ? .match(needsRehash: stored.isOutdated(by: parameters)) : .mismatch
    }

    /// Costs as much as `verify` and always says no: for accounts that do not exist, so that time does not tell.
    package func verifyUnknownAccount(
        _ password: Secret<String>
    ) async throws(PasswordHasherFailure) -> PasswordVerdict {
        _ = try await hash(password)
        return .mismatch
    }

    /// Refuses what waits, finishes what runs, and joins the threads: blocks for one hash at most.
    package func shutdown() { pool.shutdown() }

    private func perform<Value: Sendable>(
        _ password: Secret<String>, _ work: @escaping @Sendable () throws(PasswordHasherFailure) -> Value
    ) async throws(PasswordHasherFailure) -> Value {
        guard password.exposedValue.utf8.count <= PasswordHash.passwordBytesMax else { throw .passwordTooLong }
        let outcome: Result<Value, PasswordHasherFailure>
        do {
            outcome = try await pool.run { () -> Result<Value, PasswordHasherFailure> in
                do throws(PasswordHasherFailure) { return .success(try work()) } catch { return .failure(error) }
            }
        } catch {
            switch error {
            case .busy: throw .busy
            case .cancelled: throw .cancelled
            case .stopped: throw .stopped
            }
        }
        return try outcome.get()
    }
}

/// What a check found.
package enum PasswordVerdict: Sendable, Hashable {
    /// The password is right; `needsRehash` when it should be hashed anew at today's cost.
    case match(needsRehash: Bool)
    case mismatch
}

/// Why no verdict could be given.
package enum PasswordHasherFailure: Error, Hashable, Sendable {
    /// Too many wait already, or the wait was too long: the caller answers 503 and asks to come back.
    case busy
    case cancelled
    /// The hasher has been shut down.
    case stopped
    /// Longer than `PasswordHash.passwordBytesMax`.
    case passwordTooLong
    case malformedHash(PasswordHashFailure)
    /// The memory for one hash could not be had.
    case outOfMemory
}
