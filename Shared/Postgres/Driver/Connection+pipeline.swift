internal import CPostgres
internal import Primitives

extension Connection {
    // MARK: Sending

    func send(_ request: Request) {
        guard isReady else { return request.fail(.connectionLost, isSafeToRetry: true) }
        if phase == .script || !backlog.isEmpty { return backlog.append(request) }
        if inFlight.isEmpty { progressAt = loop.now }
        switch request.work {
        case .statement(let text, let parameters, let preamble):
            sendStatement(request, text, parameters, preamble: preamble)
        case .script(_, let sql):
            if inFlight.isEmpty { sendScript(request, sql) } else { backlog.append(request) }
        }
    }

    private func sendStatement(
        _ request: Request, _ text: PreparedText, _ parameters: StatementParameters, preamble: PreparedText?
    ) {
        guard let handle = unsafe handle else { return }
        var flight = RequestInFlight(request)
        var steps = 0
        var sent = true
        if let preamble { sent = post(preamble, StatementParameters(), &flight, &steps) }
        sent = sent && post(text, parameters, &flight, &steps)
        sent = unsafe sent && PQpipelineSync(handle) == 1
        inFlight.append(flight)
        guard sent else { return fail(errorMessage) }
        flush()
    }

    /// Puts one statement, prepared before if need be, into libpq's buffer.
    private func post(
        _ text: PreparedText, _ parameters: StatementParameters, _ flight: inout RequestInFlight, _ steps: inout Int
    ) -> Bool {
        guard let handle = unsafe handle else { return false }
        let name: [CChar]
        if let known = prepared[text.key] {
            name = known
        } else {
            preparedCount += 1
            name = serverName(text, number: preparedCount)
            let sql = unsafe UnsafeRawPointer(text.sql.utf8Start).assumingMemoryBound(to: CChar.self)
            guard
                unsafe PQsendPrepare(
                    handle, name, sql, Int32(text.parameterTypes.count), text.parameterTypes) == 1
            else { return false }
            prepared[text.key] = name
            steps += 1
            flight.preparing.append((text.key, provenBy: steps))
        }
        steps += 1
        return unsafe scratch.withPointers(parameters) { values, lengths, formats in
            unsafe PQsendQueryPrepared(handle, name, Int32(lengths.count), values, lengths, formats, 1) == 1
        }
    }

    /// The server keeps 63 bytes of a name, so the number that makes it unique comes first.
    private func serverName(_ text: PreparedText, number: Int) -> [CChar] {
        let name = "\(number):\(text.name)".utf8.prefix(60).map { CChar(bitPattern: $0) }
        return name + [0]
    }

    private func sendScript(_ request: Request, _ sql: String) {
        guard let handle = unsafe handle else { return }
        inFlight.append(RequestInFlight(request))
        guard unsafe PQexitPipelineMode(handle) == 1, unsafe PQsendQuery(handle, sql) == 1 else {
            return fail(errorMessage)
        }
        phase = .script
        flush()
    }

    /// Writes what libpq holds; where the socket is full, goes on once it has room.
    private func flush() {
        guard let handle = unsafe handle else { return }
        switch unsafe PQflush(handle) {
        case 0:
            // A send that could not go on at once has libpq read meanwhile; an answer that now lies in its buffer would
            // make the socket readable no more. Being writable brings us back to it.
            let hasAnswer = unsafe !inFlight.isEmpty && PQisBusy(handle) == 0
            watch(hasAnswer ? [.read, .write] : [.read])
        case 1: watch([.read, .write])
        default: fail(errorMessage)
        }
    }

    // MARK: Receiving

    /// Reads before it writes: a server that cannot get rid of results stops reading.
    func receive() {
        guard let handle = unsafe handle else { return }
        let alive = unsafe PQconsumeInput(handle) == 1
        let message = errorMessage
        let before = inFlight.count
        drain()
        guard phase != .ended else { return }
        guard alive, unsafe PQstatus(handle) == CONNECTION_OK else { return fail(message) }
        if inFlight.count != before { progressAt = loop.now }
        notifications()
        if interest.contains(.write) { flush() }
        guard phase != .ended else { return }
        if inFlight.isEmpty { resumeBacklog() }
        if inFlight.count < before { owner.connectionHasRoom(self) }
    }

    private func drain() {
        var gaps = 0
        while let handle = unsafe handle, !inFlight.isEmpty, unsafe PQisBusy(handle) == 0 {
            guard let result = unsafe PQgetResult(handle) else {
                if phase == .script {
                    finishScript()
                    continue
                }
                // One gap ends each statement; two would be a loop without end on a dead connection.
                gaps += 1
                if gaps > 1 { return }
                continue
            }
            gaps = 0
            unsafe take(result)
        }
        // Without a statement in flight this still parses what came, such as a notification.
        if let handle = unsafe handle, inFlight.isEmpty { _ = unsafe PQisBusy(handle) }
    }

    private func take(_ result: OpaquePointer) {
        let status = unsafe PQresultStatus(result)
        if status == PGRES_PIPELINE_SYNC {
            unsafe PQclear(result)
            if let flight = inFlight.popFirst() { complete(flight) }
        } else if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY {
            inFlight.withFirst { flight in
                flight.goodResults += 1
                unsafe flight.result = QueryResult(taking: result, of: flight.request.name)
            }
        } else if status == PGRES_FATAL_ERROR {
            inFlight.withFirst { flight in
                if flight.failure == nil {
                    unsafe flight.failure = PostgresFailure(server: result, statement: flight.request.name)
                }
            }
            unsafe PQclear(result)
        } else if status == PGRES_PIPELINE_ABORTED {
            unsafe PQclear(result)
        } else {
            unsafe PQclear(result)
            fail("an answer of the kind \(status.rawValue), which no statement asks for")
        }
    }

    private func complete(_ flight: RequestInFlight) {
        guard let failure = flight.failure else {
            let unexpected = PostgresFailure(.shape(.unexpectedAnswer), statement: flight.request.name)
            flight.request.answer.give(flight.result.map { .success($0) } ?? .failure(unexpected))
            return
        }
        for step in flight.preparing where step.provenBy > flight.goodResults { prepared[step.key] = nil }
        if role == .shared, !flight.request.isSecondAttempt, failure.isForgottenStatement,
            case .statement(let text, _, _) = flight.request.work
        {
            prepared[text.key] = nil
            return owner.resubmit(flight.request)
        }
        flight.request.answer.give(.failure(failure))
    }

    private func finishScript() {
        guard let handle = unsafe handle, let flight = inFlight.popFirst() else { return }
        guard unsafe PQenterPipelineMode(handle) == 1 else {
            flight.request.fail(.connectionLost, privateDetail: errorMessage)
            return fail(errorMessage)
        }
        phase = .ready
        complete(flight)
    }

    private func resumeBacklog() {
        while phase == .ready, let next = backlog.first {
            if case .script = next.work, !inFlight.isEmpty { return }
            _ = backlog.popFirst()
            let rest = backlog
            backlog = FIFO()
            send(next)
            guard phase != .ended else {
                for request in rest.elementsInOrder { request.fail(.connectionLost, isSafeToRetry: true) }
                return
            }
            backlog = rest
        }
    }

    private func notifications() {
        while let handle = unsafe handle, let notification = unsafe PQnotifies(handle) {
            let channel = unsafe String(cString: notification.pointee.relname)
            let payload = unsafe String(cString: notification.pointee.extra)
            unsafe PQfreemem(notification)
            owner.connectionNotified(channel: channel, payload: payload)
        }
    }
}

extension PostgresFailure {
    /// The server's error, field by field.
    init(server result: OpaquePointer, statement: String) {
        func field(_ code: Int32) -> String? {
            unsafe PQresultErrorField(result, code).map { unsafe String(cString: $0) }
        }
        let detail = [field(causewayDiagMessage), field(causewayDiagDetail)].compactMap { $0 }
        guard let code = field(causewayDiagSQLState) else {
            // libpq's own words: the connection broke.
            let message = unsafe PQresultErrorMessage(result).map { unsafe String(cString: $0) } ?? ""
            self.init(.connectionLost, statement: statement, privateDetail: message)
            return
        }
        let state = SQLState(code)
        if state.endsConnection {
            self.init(.connectionLost, statement: statement, privateDetail: detail.joined(separator: "; "))
            return
        }
        let error = ServerError(
            sqlState: state, constraint: field(causewayDiagConstraint), schema: field(causewayDiagSchema),
            table: field(causewayDiagTable), column: field(causewayDiagColumn))
        self.init(
            .server(error), isSafeToRetry: state.isRolledBackByNeighbours, statement: statement,
            privateDetail: detail.joined(separator: "; "))
    }

    /// The server does not know the prepared statement, or its plan has gone stale with the schema: nothing ran.
    var isForgottenStatement: Bool { sqlState == .unknownPreparedStatement || sqlState == .featureNotSupported }
}

/// Arrays in libpq's form, kept from statement to statement.
@safe struct ParameterScratch {
    private var values: [UnsafePointer<CChar>?] = unsafe []
    private var formats: [Int32] = []

    mutating func withPointers<Value>(
        _ parameters: StatementParameters,
        _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [Int32], _ formats: [Int32]) -> Value
    ) -> Value {
        while formats.count < parameters.lengths.count { formats.append(1) }
        unsafe values.removeAll(keepingCapacity: true)
        return unsafe parameters.bytes.withUnsafeBytes { bytes in
            var offset = 0
            for length in parameters.lengths {
                // NULL is a nil pointer, so that an empty value needs one that is not.
                let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(emptyValue.utf8Start)
                let value = unsafe (start + offset).assumingMemoryBound(to: CChar.self)
                unsafe values.append(length < 0 ? nil : value)
                offset += Int(max(length, 0))
            }
            return unsafe body(values, parameters.lengths, formats)
        }
    }
}

private let emptyValue: StaticString = "empty"
