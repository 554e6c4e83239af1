package import Primitives

/// Where a database is, who we are to it, and every limit of the driver.
package struct PostgresConfiguration: Sendable {
    package enum TLSMode: String, Sendable, CaseIterable {
        case disable, prefer, require
        case verifyCA = "verify-ca"
        case verifyFull = "verify-full"
    }

    /// Paths of PEM files.
    package struct TLSFiles: Sendable {
        /// The authorities that `verifyCA` and `verifyFull` trust.
        package var authorities: String?
        /// What is shown to a server that asks, with its key, which only its owner may read.
        package var certificate: String?
        package var key: String?

        package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    package enum PlanCacheMode: String, Sendable, CaseIterable {
        case auto
        case forceGenericPlan = "force_generic_plan"
        case forceCustomPlan = "force_custom_plan"
    }

    /// A host name or address, or the folder of a Unix socket (it starts with `/`).
    package var host: String
    package var port: UInt16
    package var database: String
    package var user: String
    package var password: Secret<String>?
    package var tlsMode: TLSMode = .prefer
    package var tlsFiles = TLSFiles()
    /// The session's `search_path`; nil leaves the role's own.
    package var schema: String?
    /// Shown in `pg_stat_activity`.
    package var applicationName = "causeway"
    package var planCacheMode = PlanCacheMode.auto

    /// Shared connections, each a pipeline. Measured: more than two are slower.
    package var sharedConnections = 2
    /// Statements in flight on one shared connection; what exceeds it waits unsent, and so is safe to retry.
    package var pipelineDepthMax = 128
    /// Statements that wait for a shared connection.
    package var waitingStatementsMax = 8192
    /// Whole connections leased to transactions.
    package var leasedConnectionsMax = 8
    /// Transactions that wait for a lease.
    package var waitingLeasesMax = 256
    /// Bytes of one statement's parameters together.
    package var parameterBytesMax = 16 * 1024 * 1024

    package var connectTimeout = Duration.seconds(5)
    /// The server's `statement_timeout`.
    package var statementTimeout = Duration.seconds(5)
    /// How long a statement may wait for a lock on a shared connection, where all that was sent after it waits too;
    /// then it waits again on a leased one. Zero waits as long as `statementTimeout`.
    package var sharedLockWait = Duration.milliseconds(100)
    /// The server's `idle_in_transaction_session_timeout`: bounds a transaction whose body hangs.
    package var idleInTransactionTimeout = Duration.seconds(30)
    /// Beyond `statementTimeout`, how long an answer may take before the connection counts as dead.
    package var answerGrace = Duration.seconds(5)
    /// How long a statement waits for a connection while none is up.
    package var unavailableWait = Duration.seconds(1)
    /// How long a transaction waits for a lease.
    package var leaseWait = Duration.seconds(5)
    /// A leased connection that nobody used for so long is closed.
    package var leasedIdleMax = Duration.seconds(60)
    /// Reconnect delays grow from the first to the second, with jitter.
    package var reconnectDelayMin = Duration.milliseconds(50)
    package var reconnectDelayMax = Duration.seconds(5)

    package init(
        host: String, port: UInt16 = 5432, database: String, user: String, password: Secret<String>? = nil,
        schema: String? = nil
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.password = password
        self.schema = schema
    }
}
