import Contract
import Primitives
import ServiceKit
import Testing

@testable import Gateway

@Suite("Signed contexts that are used again")
struct ContextStampsTests {
    private let key = Secret([UInt8](repeating: 1, count: 32))

    @Test("are the same for fifteen seconds, and good for fifteen more")
    func reuse() throws {
        let time = ManualClock()
        let stamps = ContextStamps(
            signer: CallerContextSigner(issuer: .gateway, audience: .content, key: key), clock: time.clock)
        func stamp(_ address: String = "192.0.2.1") -> String { stamps.stamp(nil, address: address, userAgent: "a") }
        let verifier = CallerContextVerifier(audience: .content, keys: [.gateway: [key]])
        let first = stamp()
        #expect(stamp("192.0.2.2") != first)
        time.advance(by: .milliseconds(14_999))
        #expect(stamp() == first)
        time.advance(by: .milliseconds(1))
        let second = stamp()
        #expect(second != first)
        // Whoever was shown the first at the last moment has as long again to be believed.
        time.advance(by: .milliseconds(14_999))
        #expect(verifier.verify(Array(first.utf8)[...], now: time.clock.now) != nil)
        #expect(stamp() == second)
        // Its end is told in whole seconds.
        time.advance(by: .seconds(2))
        #expect(verifier.verify(Array(first.utf8)[...], now: time.clock.now) == nil)
    }
}
