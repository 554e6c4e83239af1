internal import CPostgres
internal import Glibc
internal import Primitives

extension Connection {
    /// Begins to connect. libpq resolves a host name here, on the driver's thread: give an address where that may hang.
    func start() {
        guard phase == .idle else { return }
        phase = .connecting
        startedAt = loop.now
        unsafe handle = ConnectionParameters(configuration, role).start()
        guard let handle = unsafe handle, unsafe PQstatus(handle) != CONNECTION_BAD else { return fail(errorMessage) }
        // Notices would go to standard error.
        unsafe PQsetNoticeProcessor(handle, ignoreNotice, nil)
        // As libpq asks: behave as if the first poll had said "writing".
        watch([.write])
    }

    func pollConnect() {
        guard let handle = unsafe handle else { return }
        // libpq may close the socket and open another one, perhaps with the same number, while it polls.
        letGo()
        let status = unsafe PQconnectPoll(handle)
        if status == PGRES_POLLING_OK {
            becomeReady()
        } else if status == PGRES_POLLING_READING {
            watch([.read])
        } else if status == PGRES_POLLING_WRITING {
            watch([.write])
        } else {
            fail(errorMessage)
        }
    }

    private func becomeReady() {
        guard let handle = unsafe handle else { return }
        guard unsafe PQsetnonblocking(handle, 1) == 0, unsafe PQenterPipelineMode(handle) == 1 else {
            return fail(errorMessage)
        }
        phase = .ready
        watch([.read])
        owner.tally.counts.connects += 1
        let took = (loop.now.nanoseconds - startedAt.nanoseconds) / 1_000_000
        owner.tally.observe(.connected(role, milliseconds: Int64(clamping: took)))
        owner.connectionIsReady(self)
    }

    func watch(_ wanted: Poller.Interest) {
        guard let handle = unsafe handle, wanted != interest else { return }
        if socket < 0 {
            socket = unsafe PQsocket(handle)
            guard socket >= 0 else { return fail(errorMessage) }
            loop.poller.add(socket, key: key, wanted)
        } else {
            loop.poller.change(socket, key: key, wanted)
        }
        interest = wanted
    }
}

private func ignoreNotice(_: UnsafeMutableRawPointer?, _: UnsafePointer<CChar>?) {}

/// The connection's parameters as keyword and value arrays, so that nothing needs quoting.
struct ConnectionParameters {
    private(set) var pairs: [(keyword: String, value: String)]

    init(_ configuration: PostgresConfiguration, _ role: PostgresObservation.Role) {
        pairs = [
            ("host", configuration.host),
            ("port", String(configuration.port)),
            ("dbname", configuration.database),
            ("user", configuration.user),
            ("sslmode", configuration.tlsMode.rawValue),
            ("gssencmode", "disable"),
            ("client_encoding", "UTF8"),
            ("application_name", configuration.applicationName),
            ("options", Self.sessionOptions(configuration, role)),
        ]
        if let password = configuration.password { pairs.append(("password", password.exposedValue)) }
        let files = configuration.tlsFiles
        if let file = files.authorities { pairs.append(("sslrootcert", file)) }
        if let file = files.certificate { pairs.append(("sslcert", file)) }
        if let file = files.key { pairs.append(("sslkey", file)) }
    }

    /// Settings that hold from the session's first statement on.
    private static func sessionOptions(
        _ configuration: PostgresConfiguration, _ role: PostgresObservation.Role
    ) -> String {
        var settings = [
            ("TimeZone", "UTC"),
            ("statement_timeout", String(configuration.statementTimeout.wholeMilliseconds)),
            (
                "idle_in_transaction_session_timeout",
                String(configuration.idleInTransactionTimeout.wholeMilliseconds)
            ),
            ("plan_cache_mode", configuration.planCacheMode.rawValue),
        ]
        if role == .shared {
            settings.append(("lock_timeout", String(configuration.sharedLockWait.wholeMilliseconds)))
        }
        if let schema = configuration.schema { settings.append(("search_path", SQLQuote.identifier(schema))) }
        return settings.map { "-c \($0)=\(escapedOption($1))" }.joined(separator: " ")
    }

    /// In `options`, spaces part arguments and a backslash makes the next character plain (libpq documentation,
    /// "Parameter Key Words").
    private static func escapedOption(_ value: String) -> String {
        value.flatMap { $0 == " " || $0 == "\\" ? ["\\", $0] : [$0] }.reduce(into: "") { $0.append($1) }
    }

    /// Starts the connection; nil only where memory is out.
    func start() -> OpaquePointer? {
        var keywords: [UnsafePointer<CChar>?] = unsafe []
        var values: [UnsafePointer<CChar>?] = unsafe []
        defer {
            for index in unsafe values.indices {
                unsafe free(UnsafeMutablePointer(mutating: keywords[index]))
                unsafe free(UnsafeMutablePointer(mutating: values[index]))
            }
        }
        for (keyword, value) in pairs {
            guard let keyword = unsafe strdup(keyword), let value = unsafe strdup(value) else { continue }
            unsafe keywords.append(keyword)
            unsafe values.append(value)
        }
        unsafe keywords.append(nil)
        unsafe values.append(nil)
        return unsafe PQconnectStartParams(keywords, values, 0)
    }
}
