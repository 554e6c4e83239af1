/// Answers requests: called in a task of its own for each, on the loop of its connection.
package protocol RequestHandler: Sendable {
    /// Must answer by `respond` or `start`; returning without an answer is a fault and resets the stream
    /// (HTTP/1.1: 500 and close). The task is cancelled when the client goes away.
    func handle(_ exchange: ServerExchange) async
}
