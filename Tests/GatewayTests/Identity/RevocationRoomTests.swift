import Contract
import Primitives
import ServiceKit
import Telemetry
import Testing

/// More revocations than there is room for.
@Suite("Forgotten revocations")
struct RevocationRoomTests {
    @Test("are counted and logged, since what they revoked is good again")
    func told() {
        let (clock, log) = (ManualClock(), CollectedLog())
        let telemetry = ProcessTelemetry(log.output)
        let list = telemetry.revocationList(clock: clock.clock, entriesMax: 10)
        for _ in 0..<10 { list.revoke(session: .make()) }
        clock.advance(by: .seconds(61))
        #expect(log.lines.isEmpty)
        list.revoke(session: .make())
        let metrics = String(decoding: telemetry.registry.render(), as: UTF8.self)
        #expect(metrics.contains("limits_reached_total{limit=\"revocations\"} 1\n"))
        let line = log.lines.last ?? ""
        #expect(line.contains(#""reason":"revocations""#) && line.contains(#""forgotten":"#), "\(line)")
    }
}
