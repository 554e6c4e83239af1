import Contract
import Primitives
import ServiceKit
import Testing

@Suite struct SessionProofTests {
    private func key(_ byte: UInt8) -> Secret<[UInt8]> { Secret([UInt8](repeating: byte, count: 32)) }

    @Test func aProofIsOfOneSessionAndOneKey() {
        let (session, proofs) = (SessionID.make(), SessionProof(contextKeys: [key(1)]))
        let token = proofs.token(for: session)
        #expect(proofs.isValid(token.utf8, for: session))
        #expect(!proofs.isValid(token.utf8, for: .make()))
        #expect(!SessionProof(contextKeys: [key(2)]).isValid(token.utf8, for: session))
        for bad in ["", "A", String(token.dropLast()), token + "A", token + "=", " " + token] {
            #expect(!proofs.isValid(bad.utf8, for: session), "\(bad)")
        }
    }

    @Test func aKeyThatWasReplacedGoesOnVerifying() {
        let session = SessionID.make()
        let old = SessionProof(contextKeys: [key(1)])
        let rotated = SessionProof(contextKeys: [key(2), key(1)])
        #expect(rotated.isValid(old.token(for: session).utf8, for: session))
        #expect(!old.isValid(rotated.token(for: session).utf8, for: session))
    }
}
