package import Cryptography

/// What hashing passwords may cost.
package struct HashingConfiguration: Sendable {
    package var parameters = PasswordParameters.standard
    /// How many are hashed at once; nil for as many as there are cores.
    package var threads: Int?
    /// How many may wait beyond those.
    package var queueMax = 32
    /// How long each may wait.
    package var waitMax: Duration = .seconds(1)

    package init() {}

    package func makeHasher() -> PasswordHasher {
        PasswordHasher(
            parameters: parameters, threads: threads ?? BlockingPool.processorCount, queueMax: queueMax,
            waitMax: waitMax)
    }
}
