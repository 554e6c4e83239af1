internal import Contract
internal import Protocol
internal import ServiceKit

extension AuthParts {
    /// The tokens as they travel: in the body, or as cookies beside what proves the session.
    func deliver(_ tokens: Tokens, asCookies: Bool) -> Tokens {
        asCookies ? tokens.asCookies(csrfToken: proofs.token(for: tokens.sessionId)) : tokens
    }
}
