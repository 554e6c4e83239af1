internal import Primitives

/// What a connection is asked to run, and the task that waits for it.
struct Request: Sendable {
    enum Work: Sendable {
        /// One prepared statement; `preamble` (a `BEGIN`) runs before it and shares its fate.
        case statement(PreparedText, StatementParameters, preamble: PreparedText?)
        /// Several statements in one text, outside pipeline mode: migrations and `LISTEN`. Never from input.
        case script(name: String, sql: String)
    }

    let work: Work
    let answer = Answer<Result<QueryResult, PostgresFailure>>()
    /// The meter of the call that asks.
    let meter: CallMeter?
    /// Set once it was sent again because the connection had forgotten the statement.
    var isSecondAttempt = false

    init(_ work: Work, meter: CallMeter? = nil) {
        self.work = work
        self.meter = meter
    }

    var name: String {
        switch work {
        case .statement(let text, _, _): text.name.description
        case .script(let name, _): name
        }
    }

    func fail(_ kind: PostgresFailure.Kind, isSafeToRetry: Bool = false, privateDetail: String = "") {
        answer.give(
            .failure(
                PostgresFailure(kind, isSafeToRetry: isSafeToRetry, statement: name, privateDetail: privateDetail)))
    }
}

/// A request on its way to a connection.
struct WaitingRequest {
    let request: Request
    let since: Deadline
}

/// A request that was sent and is not answered yet.
struct RequestInFlight {
    let request: Request
    /// What the request made the connection prepare, with the number of good results that proves it prepared.
    var preparing: [(key: PreparedText.Key, provenBy: Int)] = []
    var goodResults = 0
    var result: QueryResult?
    var failure: PostgresFailure?

    init(_ request: Request) {
        self.request = request
    }
}
