package import Telemetry
package import Transport

// Requests that end in one turn of their loop share a write of the log.
extension RequestObserver: TurnFlushing {
    package func flushTurn() { writeWaiting() }

    /// Observes a request that was handled on `loop`; its line is written before its answer leaves, whatever waits for
    /// other loops.
    package func observe(_ request: RequestObservation, on loop: LoopExecutor) {
        if observeLater(request) { loop.writeBeforeTurnEnd(self) }
    }
}
