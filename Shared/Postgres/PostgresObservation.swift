/// What the driver tells whoever logs and counts. Details are private: they belong in the log only.
package enum PostgresObservation: Sendable {
    package enum Role: String, Sendable {
        case shared, leased, listening
    }

    case connected(Role, milliseconds: Int64)
    case connectFailed(Role, privateDetail: String)
    case connectionLost(Role, statementsLost: Int, privateDetail: String)
}

/// What has been done since the database was opened, and what stands now.
package struct PostgresStatistics: Sendable, Hashable {
    /// Statements sent on shared connections.
    package var statements = 0
    /// Leases granted.
    package var leases = 0
    /// Statements and leases that had to wait before being sent or granted.
    package var waits = 0
    /// The sum of those waits.
    package var waitedMicroseconds: Int64 = 0
    /// Statements and leases refused because a queue was full, the wait too long or the database away.
    package var refusals = 0
    package var connects = 0
    package var connectFailures = 0
    package var connectionsLost = 0

    package var statementsInFlight = 0
    package var statementsWaiting = 0
    package var sharedConnectionsUp = 0
    package var leasesInUse = 0
    package var leasesWaiting = 0
}
