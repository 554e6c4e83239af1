import Contract
import Primitives
import Synchronization
import TestKit

/// What each operation asked of PostgreSQL in its costliest call so far.
final class QueryMeter: Sendable {
    private let costliest = Mutex<[String: [String]]>([:])

    /// Runs `work`, a call of `operationID`, and notes its statements.
    func measure<Result>(_ operationID: String, _ work: () async throws -> Result) async rethrows -> Result {
        let meter = CallMeter(keepsNames: true)
        let result = try await CallMeter.$current.withValue(meter, operation: work)
        costliest.withLock { costliest in
            if meter.statements >= costliest[operationID]?.count ?? 0 { costliest[operationID] = meter.statementNames }
        }
        return result
    }

    subscript(operationID: String) -> [String]? { costliest.withLock { $0[operationID] } }
}

/// A service whose calls are measured.
struct MeteredProbe: Sendable {
    let probe: EndpointProbe
    let meter: QueryMeter

    func call<E: Endpoint>(
        _ endpoint: E.Type, path: [String: String] = [:], query: String = "", ifMatch: String? = nil,
        body: String? = nil, as context: CallerContext
    ) async throws -> EndpointProbe.Reply {
        try await meter.measure(E.operationID) {
            try await probe.call(endpoint, path: path, query: query, ifMatch: ifMatch, body: body, as: context)
        }
    }
}

/// Another service, whose statements are its own and no part of the call that asks it.
struct ApartCaller: EndpointCaller {
    let caller: any EndpointCaller

    func call<E: Endpoint>(
        _ endpoint: E.Type, _ input: E.Input, for facts: CallFacts?
    ) async throws(CallFault) -> E.Output {
        do {
            return try await CallMeter.$current.withValue(CallMeter()) {
                try await caller.call(endpoint, input, for: facts)
            }
        } catch let fault as CallFault {
            throw fault
        } catch {
            throw .malformed(reason: "\(error)")
        }
    }
}
