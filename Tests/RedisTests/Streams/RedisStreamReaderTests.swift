import NIOPosix
import Primitives
import Synchronization
import TestKit
import Testing

@testable import Redis

@Suite struct RedisStreamReaderTests {
    /// The values of the field `n` that a reader gave, and what else it said, as text.
    private final class Story: Sendable {
        private let words = Mutex<[String]>([])

        func tell(_ event: RedisStreamReader.Event) {
            words.withLock { words in
                switch event {
                case .started: words.append("started")
                case .lost(let loss): words.append("\(loss)")
                case .entries(let entries): words += entries.map { $0.text("n") ?? "?" }
                }
            }
        }

        var told: [String] { words.withLock { $0 } }
    }

    private func reader(
        _ stream: String, on server: TestRedisServer? = nil, from start: RedisStreamReader.Start
    ) throws -> RedisStreamReader {
        RedisStreamReader(
            configuration: try .forTest(server) { $0.commandTimeout = .seconds(5) },
            group: MultiThreadedEventLoopGroup.singleton, stream: stream, start: start,
            blockTime: .milliseconds(100))
    }

    private func reader(
        _ stream: String, over wire: RedisWire, from start: RedisStreamReader.Start
    ) async throws -> RedisStreamReader {
        RedisStreamReader(
            configuration: try await wire.configuration { $0.commandTimeout = .seconds(5) },
            group: MultiThreadedEventLoopGroup.singleton, stream: stream, start: start,
            blockTime: .milliseconds(100))
    }

    /// Runs `reader` while `body` does things, then gives all that it told.
    private func story(
        of reader: RedisStreamReader, while body: (Story) async throws -> Void
    ) async throws -> [String] {
        let story = Story()
        let task = Task { await reader.run { event in story.tell(event) } }
        defer { task.cancel() }
        try await body(story)
        task.cancel()
        await task.value
        return story.told
    }

    private func wait(for story: Story, until isDone: ([String]) -> Bool) async throws {
        try await eventuallySucceeds { () throws(RedisFailure) in
            guard isDone(story.told) else { throw RedisFailure(.timeout, message: "\(story.told)") }
        }
    }

    private func append(_ number: Int, to stream: String, _ client: RedisClient, keep: Int? = nil) async throws {
        _ = try await client.send(AppendToStream(stream, [RedisField("n", "\(number)")], entriesMax: keep))
    }

    @Test(arguments: RedisWire.allCases) func tellsWhatIsAdded(over wire: RedisWire) async throws {
        let client = try await wire.client()
        let stream = TestRedis.prefix("reader") + "stream"
        try await append(0, to: stream, client)
        let reader = try await reader(stream, over: wire, from: .now)
        #expect(reader.lastContact == nil)
        let told = try await story(of: reader) { story in
            try await wait(for: story) { $0 == ["started"] }
            for number in 1...1_500 { try await append(number, to: stream, client) }
            try await wait(for: story) { $0.count == 1_501 }
        }
        #expect(told == ["started"] + (1...1_500).map(String.init))
        let again = try await story(of: self.reader(stream, over: wire, from: .after(.zero))) { story in
            try await wait(for: story) { $0.count == 1_502 }
        }
        #expect(again == ["started"] + (0...1_500).map(String.init))
        await client.close()
    }

    @Test func isInContactWhileNothingComes() async throws {
        let reader = try reader(TestRedis.prefix("reader") + "none", from: .now)
        _ = try await story(of: reader) { story in
            try await wait(for: story) { $0 == ["started"] }
            let first = try #require(reader.lastContact)
            try await eventuallySucceeds { () throws(RedisFailure) in
                guard let contact = reader.lastContact, contact > first else { throw RedisFailure(.timeout) }
            }
            #expect((reader.silence ?? .seconds(100)) < .seconds(10))
        }
    }

    @Test func goesOnAfterARestartThatKeptTheData() async throws {
        let server = try TestRedisServer(keepsData: true)
        let client = try RedisClient.forTest(server, onOneLoop: true)
        let reader = try reader("stream", on: server, from: .now)
        let told = try await story(of: reader) { story in
            try await wait(for: story) { $0 == ["started"] }
            try await append(1, to: "stream", client)
            try await wait(for: story) { $0.last == "1" }
            server.stop()
            let silent = try #require(reader.lastContact)
            try server.start()
            let number = SetValue("done", to: "1")
            _ = try await eventuallySucceeds { () throws(RedisFailure) in try await client.send(number) }
            try await append(2, to: "stream", client)
            try await wait(for: story) { $0.last == "2" }
            try await eventually { reader.lastContact.map { $0 > silent } ?? false }
        }
        #expect(told == ["started", "1", "2"])
        await client.close()
    }

    @Test func tellsThatARestartLostTheData() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server, onOneLoop: true)
        let told = try await story(of: reader("stream", on: server, from: .now)) { story in
            try await wait(for: story) { $0 == ["started"] }
            for number in 1...3 { try await append(number, to: "stream", client) }
            try await wait(for: story) { $0.last == "3" }
            server.stop()
            try server.start()
            try await wait(for: story) { $0.last == "missing" }
            try await append(4, to: "stream", client)
            try await wait(for: story) { $0.last == "4" }
        }
        #expect(told == ["started", "1", "2", "3", "missing", "4"])
        await client.close()
    }

    @Test func tellsThatEntriesWereTrimmedWhileItWasAway() async throws {
        let server = try TestRedisServer(keepsData: true)
        let client = try RedisClient.forTest(server, onOneLoop: true)
        let blocker = Mutex(false)
        let reader = try reader("stream", on: server, from: .now)
        let story = Story()
        // The owner takes its time over the first entry, and the stream runs away meanwhile.
        let task = Task {
            await reader.run { event in
                story.tell(event)
                guard case .entries = event else { return }
                while !blocker.withLock({ $0 }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
            }
        }
        try await wait(for: story) { $0 == ["started"] }
        try await append(1, to: "stream", client)
        try await wait(for: story) { $0.last == "1" }
        for number in 2...2_000 { try await append(number, to: "stream", client, keep: 100) }
        blocker.withLock { $0 = true }
        try await wait(for: story) { $0.last == "2000" }
        #expect(story.told.filter { $0 == "trimmed" }.count == 1)
        #expect(story.told.count < 1_000)
        task.cancel()
        await task.value
        await client.close()
    }
}
