package import Primitives

/// What happened, as facts: the one closed list from which both log lines and metrics are made.
package enum Observation: Sendable {
    case requestAnswered(RequestObservation)
    case limitReached(LimitObservation)
}

/// Who asked.
package enum CallerKind: String, Hashable, Sendable, CaseIterable {
    case anonymous
    case account
    case apiKey = "api-key"
    case service
}

/// A request was answered, or its client left before (`status` 499).
package struct RequestObservation: Sendable {
    /// The status that logs show where the client did not stay for the answer: nothing failed here.
    package static let clientGoneStatus = 499

    /// The operation's identifier; one that was not announced to the observer counts as `other`.
    package var operation: String
    package var method: String
    package var status: Int
    /// From the request's head until its handling was over; the last bytes of the answer may still be on their way.
    package var duration: Duration
    /// When it was over, by the system's clock; nil has the log look at its own.
    package var endedAt: Timestamp?
    package var requestBytes: Int
    package var responseBytes: Int
    package var requestID: RequestID
    /// The trace with the span of this request, where it has one of its own.
    package var trace: TraceContext?
    /// The span that has caused this one: with it the lines of all processes join into a tree.
    package var parentSpan: UInt64?
    package var caller: CallerKind
    /// The problem's code.
    package var errorCode: String?
    /// What went wrong inside, for the log alone.
    package var detail: String?
    /// The peer's address, where this process is the one to know.
    package var client: String?
    /// Whom the client's verified certificate names, and the certificate's digest; nil where it showed none.
    package var certificate: (subject: String, fingerprint: String)?
    /// Where the time went, in order.
    package var phases: [Phase]
    /// What it asked of a database; nil in a process that has none.
    package var database: DatabaseUse?

    package struct Phase: Sendable {
        package let name: StaticString
        package let duration: Duration

        package init(_ name: StaticString, _ duration: Duration) {
            self.name = name
            self.duration = duration
        }
    }

    package struct DatabaseUse: Sendable {
        package let statements: Int
        package let duration: Duration
        /// How long it waited for a connection.
        package let connectionWait: Duration

        package init(statements: Int, duration: Duration, connectionWait: Duration) {
            self.statements = statements
            self.duration = duration
            self.connectionWait = connectionWait
        }
    }

    package init(
        operation: String, method: String, status: Int, duration: Duration, endedAt: Timestamp? = nil,
        requestBytes: Int = 0, responseBytes: Int = 0, requestID: RequestID, trace: TraceContext? = nil,
        parentSpan: UInt64? = nil,
        caller: CallerKind = .anonymous,
        errorCode: String? = nil, detail: String? = nil, client: String? = nil,
        certificate: (subject: String, fingerprint: String)? = nil, phases: [Phase] = [], database: DatabaseUse? = nil
    ) {
        self.operation = operation
        self.method = method
        self.status = status
        self.duration = duration
        self.endedAt = endedAt
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.requestID = requestID
        self.trace = trace
        self.parentSpan = parentSpan
        self.caller = caller
        self.errorCode = errorCode
        self.detail = detail
        self.client = client
        self.certificate = certificate
        self.phases = phases
        self.database = database
    }
}

/// A limit acted: something was refused, cut or slowed.
package struct LimitObservation: Sendable {
    /// The limit's name, one of a fixed set: it is a label.
    package var limit: StaticString
    package var detail: String
    package var requestID: RequestID?

    package init(limit: StaticString, detail: String = "", requestID: RequestID? = nil) {
        self.limit = limit
        self.detail = detail
        self.requestID = requestID
    }
}
