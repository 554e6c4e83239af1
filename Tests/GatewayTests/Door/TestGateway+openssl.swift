import TestKit

@testable import Gateway

extension TestGateway {
    /// What openssl's client prints of a request over TLS, with the answer.
    func openssl(_ options: [String]) async throws -> String {
        let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let outcome = try await ChildProcess.run(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(ports.https)", "-servername", "localhost", "-ign_eof"]
                + options,
            input: Array(request.utf8))
        return outcome.text
    }
}
