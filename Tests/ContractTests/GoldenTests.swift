import Contract
import JSON
import Protocol
import TestKit
import Testing

@Suite struct GoldenTests {
    @Test func routes() throws {
        let lines = Suite.descriptions.map(\.line).sorted()
        #expect(try GoldenFile("routes.txt").difference(from: lines.joined(separator: "\n") + "\n") == nil)
    }

    /// Every endpoint that anyone may call stands in the file with a reason of its own, and nothing else does.
    @Test func openEndpointsHaveReasons() throws {
        let open = Suite.descriptions.filter { $0.access == .anyone }
            .map { "\($0.method.rawValue) \($0.path.text)" }
        var reasons: [String: String] = [:]
        for line in try GoldenFile("open-endpoints.txt").text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            reasons[parts[0]] = parts.count == 2 ? parts[1] : ""
        }
        #expect(Set(open) == Set(reasons.keys))
        #expect(reasons.values.allSatisfy { $0.count > 10 })
    }

    @Test func topics() throws {
        let topics = Suite.topics.sorted { ($0.name, $0.version) < ($1.name, $1.version) }.map(\.text)
        #expect(try GoldenFile("topics.txt").difference(from: topics.joined(separator: "\n\n") + "\n") == nil)
    }

    @Test func openAPI() throws {
        let text = String(decoding: Suite.openAPI.encoded(), as: UTF8.self)
        // One path a line, so that a diff can be read.
        let lines = text.replacing("},\"/", with: "},\n\"/")
        #expect(try GoldenFile("openapi.json").difference(from: lines + "\n") == nil)
    }
}
