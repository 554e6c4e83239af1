internal import Foundation
package import JSON
internal import Synchronization

/// Somebody who is signed in.
package struct Person: Sendable {
    package let email: String
    package let password: String
    package let accessToken: String
    package let refreshToken: String
    package let sessionID: String

    /// - Parameter tokens: the answer of a sign-in or refresh; nil where it gives no tokens.
    package init?(email: String, password: String = SuiteUnderTest.password, tokens: HTTPReply) {
        guard tokens.status == 200, let access = tokens["accessToken"]?.string,
            let refresh = tokens["refreshToken"]?.string, let session = tokens["sessionId"]?.string
        else { return nil }
        self.email = email
        self.password = password
        accessToken = access
        refreshToken = refresh
        sessionID = session
    }

    /// The header line of this person's calls.
    package var authorization: String { "authorization: Bearer \(accessToken)" }
}

extension SuiteUnderTest {
    package static let password = "correct horse battery staple"

    private static let lastPerson = Atomic<Int>(0)

    /// An address that no other test uses.
    package static func newEmail(_ name: String = "person") -> String {
        "\(name)-\(lastPerson.wrappingAdd(1, ordering: .relaxed).newValue)@example.test"
    }

    /// A source address of the loopback that no other call had: sign-ins are limited by address, and no multiplier
    /// raises that.
    package static func newAddress() -> String {
        let number = lastPerson.wrappingAdd(1, ordering: .relaxed).newValue
        return "127.\(1 + number / 62_500 % 250).\(1 + number / 250 % 250).\(1 + number % 250)"
    }

    /// Registers, verifies by the mailed link, and signs in.
    package func newPerson(_ name: String = "person", displayName: String? = nil) async throws -> Person {
        let email = Self.newEmail(name)
        try await register(email, displayName: displayName)
        let token = try await verificationToken(for: email)
        let reply = try await gateway.send("POST", "/v1/auth/email/verify", json: #"{"token":"\#(token)"}"#)
        guard reply.status == 204 else { throw Fault(description: "verify: \(reply)") }
        return try await signIn(email)
    }

    package func register(_ email: String, displayName: String? = nil) async throws {
        let name = displayName.map { #","displayName":"\#($0)""# } ?? ""
        let reply = try await gateway.patient.send(
            "POST", "/v1/auth/register", json: #"{"email":"\#(email)","password":"\#(Self.password)"\#(name)}"#)
        guard reply.status == 202 else { throw Fault(description: "register: \(reply)") }
    }

    package func signIn(_ email: String, password: String = password) async throws -> Person {
        let reply = try await gateway.patient.with("--interface", Self.newAddress()).send(
            "POST", "/v1/auth/login", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
        guard let person = Person(email: email, password: password, tokens: reply) else {
            throw Fault(description: "login: \(reply)")
        }
        return person
    }

    /// The mails to an address, newest first, as the catcher lists them.
    package func mails(to email: String) async throws -> [JSONValue] {
        let reply = try await Curl(base: "http://127.0.0.1:\(ports.mailPage)").get("/messages.json")
        return (reply.json?.array ?? []).filter { mail in
            mail.object?["to"]?.array?.contains { $0.string == email } == true
        }
    }

    /// The token behind the `#` of the newest mail's link, once that mail is there.
    package func verificationToken(for email: String) async throws -> String {
        var found: String?
        try await eventually {
            let links = try await mails(to: email).first?.object?["links"]?.array ?? []
            found = links.compactMap(\.string).first { $0.contains("/verify#") }
            if found == nil { try await Task.sleep(for: .milliseconds(50)) }
            return found != nil
        }
        guard let link = found, let mark = link.firstIndex(of: "#") else { throw NeverCame() }
        let fragment = link[link.index(after: mark)...]
        return String(fragment.hasPrefix("token=") ? fragment.dropFirst(6) : fragment)
    }

    // MARK: Shared suites

    private static let shared = Mutex<[Mode: Task<SuiteUnderTest, any Error>]>([:])

    /// The suite that all tests share which change nothing but their own data. It is started when the first test asks
    /// for it, with demonstration data, and ends with the test process.
    package static func shared(_ mode: Mode = .fourProcesses) async throws -> SuiteUnderTest {
        let start = shared.withLock { shared in
            if let started = shared[mode] { return started }
            let start = Task {
                var options = Options(mode)
                options.cacheMegabytes = 64
                let suite = try await SuiteUnderTest.start(options)
                try await suite.require(["seed"])
                return suite
            }
            shared[mode] = start
            return start
        }
        return try await start.value
    }

    /// Runs statements by psql as a role of the database; everyone is let in at the socket.
    ///
    /// - Returns: psql's own outcome, rows without decoration.
    package func psql(_ sql: String, as role: String = "postgres") async throws -> ChildProcess.Outcome {
        guard let host = environment["CAUSEWAY_POSTGRES_HOST"], let port = environment["CAUSEWAY_POSTGRES_PORT"] else {
            throw Fault(description: "no server")
        }
        return try await ChildProcess.run([
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-U", role, "-d", database,
            "-c", sql,
        ])
    }
}
