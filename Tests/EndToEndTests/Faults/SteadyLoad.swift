import Foundation
import JSON
import TestKit

/// Clients that ask without a pause while something is done to the suite.
struct SteadyLoad {
    private let client: ChildProcess

    /// - Parameter command: answers each number with a line once so many more answers have come, and `end` with the
    ///   counts of all as JSON.
    init(_ command: [String]) throws {
        client = try ChildProcess(command)
    }

    /// Clients of several kinds: `Clients/steady_clients.py`.
    init(_ suite: SuiteUnderTest, _ person: Person) throws {
        try self.init([
            ChildProcess.python, "-B", "-u", Repository.path("Tests/EndToEndTests/Clients/steady_clients.py"),
            String(suite.ports.https), person.accessToken,
        ])
    }

    /// Waits for so many more answers of each client.
    func more(_ count: Int) async throws {
        client.write("\(count)\n")
        guard await client.nextLine() != nil else { throw SuiteUnderTest.Fault(description: "the clients ended") }
    }

    /// Ends it: how often each kind of client, call, and status or error came.
    func end() async throws -> [String: Int] {
        client.write("end\n")
        guard let line = await client.nextLine(), let object = try JSONValue.parse(Array(line.utf8)).object else {
            throw SuiteUnderTest.Fault(description: "no counts")
        }
        await client.wait()
        var answers: [String: Int] = [:]
        for member in object.members { answers[member.name] = member.value.integer.map { Int($0) } ?? 0 }
        return answers
    }

    /// What was no success.
    static func failures(_ answers: [String: Int]) -> [String] {
        answers.keys.filter { !$0.hasSuffix(" 200") && !$0.hasSuffix(" 201") }.sorted()
    }
}
