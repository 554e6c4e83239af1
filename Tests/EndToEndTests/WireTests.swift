import Foundation
import TestKit
import Testing

@Suite("Versions of HTTP, TLS and IP")
struct WireTests {
    @Test("HTTP/2 and HTTP/1.1, TLS 1.3 and 1.2, IPv4 and IPv6", arguments: SuiteUnderTest.Mode.allCases)
    func combinations(mode: SuiteUnderTest.Mode) async throws {
        let suite = try await SuiteUnderTest.shared(mode)
        for address in ["127.0.0.1", "[::1]"] {
            for (option, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
                for tls in [["--tlsv1.3"], ["--tlsv1.2", "--tls-max", "1.2"]] {
                    let gateway = suite.gateway(address: address)
                    let reply = try await gateway.get("/v1/articles?limit=1", options: [option] + tls)
                    #expect(reply.status == 200, "\(address) \(option) \(tls)")
                    #expect(reply.version == version)
                    expectSound(reply)
                }
            }
        }
    }

    @Test("TLS 1.1 and 1.0 are refused, and so is a client that trusts nothing of ours")
    func refused() async throws {
        let suite = try await SuiteUnderTest.shared()
        for options in [["--tlsv1.0", "--tls-max", "1.1"], ["--tlsv1.0", "--tls-max", "1.0"]] {
            // OpenSSL's own floor is lowered, so that it is the server that refuses.
            await #expect(throws: Curl.NoAnswer.self) {
                try await suite.gateway.get("/livez", options: options + ["--ciphers", "ALL:@SECLEVEL=0"])
            }
        }
        let stranger = Curl(
            base: suite.gateway.base, options: ["--resolve", "localhost:\(suite.ports.https):127.0.0.1"])
        await #expect(throws: Curl.NoAnswer.self) { try await stranger.get("/livez") }
    }

    @Test("The certificate is good for localhost and both loopback addresses")
    func names() async throws {
        let suite = try await SuiteUnderTest.shared()
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let client = Curl(base: "https://\(host):\(suite.ports.https)", certificate: suite.certificate)
            #expect(try await client.get("/livez").status == 200)
        }
    }

    @Test("Many requests share one HTTP/2 connection")
    func multiplexed() async throws {
        let suite = try await SuiteUnderTest.shared()
        let url = "\(suite.gateway.base)/v1/articles?limit=1"
        let outcome = try await ChildProcess.run([
            "curl", "--silent", "--cacert", suite.certificate, "--parallel", "--write-out",
            "%{http_version} %{http_code} %{num_connects}\\n", "--output", "/dev/null",
            "\(url)&cursor=[1-30]",
        ])
        let lines = outcome.text.split(separator: "\n")
        // A made-up cursor is a 400, which is as good an answer as any for this.
        #expect(lines.count == 30 && lines.allSatisfy { $0.hasPrefix("2 400 ") }, "\(outcome.text)\(outcome.errorText)")
        #expect(lines.count { $0.hasSuffix(" 1") } <= 2, "one connection, or two where the first was not yet known")
    }

    @Test("The plain HTTP port sends readers to HTTPS and takes nothing else")
    func plain() async throws {
        let suite = try await SuiteUnderTest.shared()
        let http = Curl(base: "http://localhost:\(suite.ports.http)")
        let reply = try await http.get("/v1/articles?limit=1&tag=a%20b")
        #expect(reply.status == 308, "\(reply)")
        #expect(
            reply.header("location") == "https://localhost:\(suite.ports.https)/v1/articles?limit=1&tag=a%20b")
        #expect(reply.header("strict-transport-security") == nil)
        let post = try await http.send("POST", "/v1/auth/login", json: #"{"email":"a@b.c","password":"x"}"#)
        #expect(post.status == 400 && post.code == "malformed-request", "\(post)")
        // What never becomes a request is answered in the same way.
        let malformed = try await http.get("/x", headers: ["host: a b"])
        #expect(malformed.status == 400 && malformed.code == "malformed-request", "\(malformed)")
        for reply in [reply, post, malformed] {
            for name in ["x-content-type-options", "referrer-policy", "content-security-policy", "x-request-id"] {
                #expect(reply.header(name) != nil, "\(name): \(reply)")
            }
            #expect(reply.header("strict-transport-security") == nil)
        }
        #expect(reply.header("ratelimit-policy")?.hasPrefix("\"connection\"") == true, "\(reply)")
        let elsewhere = try await http.get("/x", headers: ["host: evil.example"])
        #expect(elsewhere.header("location")?.contains("\r") != true)
        #expect(elsewhere.status == 308 || elsewhere.status == 400)
    }

    @Test("A client written in Python walks over HTTP/2", arguments: SuiteUnderTest.Mode.allCases)
    func python(mode: SuiteUnderTest.Mode) async throws {
        let suite = try await SuiteUnderTest.shared(mode)
        let outcome = try await ChildProcess.run(
            [
                ChildProcess.python, "-c", PythonWalk.script, suite.gateway.base, suite.certificate,
                "http://127.0.0.1:\(suite.ports.mailPage)", SuiteUnderTest.newEmail("python"),
            ], seconds: 60)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.hasSuffix("walked\n"), "\(outcome.text)\(outcome.errorText)")
    }
}
