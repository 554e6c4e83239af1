import NIOPosix
import Primitives
import TestKit
import Testing

@testable import Redis

@Suite struct ConsumerGroupTests {
    private let client: RedisClient
    private let stream = TestRedis.prefix("groups") + "stream"

    init() throws {
        client = try .forTest()
    }

    private func append(_ number: Int) async throws -> StreamID {
        try await client.send(AppendToStream(stream, [RedisField("n", "\(number)")], entriesMax: nil))
    }

    private func read(_ kind: ReadGroup.Kind = .new, by consumer: String = "a") async throws -> GroupEntries? {
        try await client.send(
            ReadGroup([stream], group: "g", consumer: consumer, kind, countMax: 10)
        ).first
    }

    @Test func entriesArePendingUntilTheyAreAcknowledged() async throws {
        try await client.send(CreateConsumerGroup(stream, group: "g", after: .zero))
        #expect(try await read() == nil)
        var ids: [StreamID] = []
        for number in 0..<3 { ids.append(try await append(number)) }
        let first = try #require(try await read())
        #expect(first.stream == stream && first.entries.map(\.id) == ids && first.deleted == [])
        #expect(first.entries[1].text("n") == "1")
        #expect(try await read() == nil)

        #expect(try await client.send(AcknowledgeEntries(stream, group: "g", [ids[0], ids[0]])) == 1)
        let pending = try await client.send(PendingEntries(stream, group: "g", countMax: 10))
        #expect(pending.map(\.id) == [ids[1], ids[2]])
        #expect(pending.map(\.deliveries) == [1, 1] && pending.map(\.consumer) == ["a", "a"])
        #expect(try await client.send(PendingEntries(stream, group: "g", countMax: 1)).map(\.id) == [ids[1]])

        // Read again, they count as given once more; another consumer has nothing pending.
        #expect(try await read(.pending(after: .zero))?.entries.map(\.id) == [ids[1], ids[2]])
        #expect(try await read(.pending(after: ids[1]))?.entries.map(\.id) == [ids[2]])
        #expect(try await read(.pending(after: .zero), by: "b")?.entries == [])
        let again = try await client.send(
            PendingEntries(stream, group: "g", from: ids[2], through: ids[2], countMax: 10))
        #expect(again.map(\.deliveries) == [3])

        let groups = try await client.send(DescribeGroups(stream))
        #expect(groups.map(\.name) == ["g"] && groups.map(\.pending) == [2])
        #expect(groups.map(\.lastDelivered) == [ids[2]])
    }

    @Test func deletedEntriesAreTold() async throws {
        try await client.send(CreateConsumerGroup(stream, group: "g", after: .zero))
        let ids = [try await append(0), try await append(1)]
        _ = try await read()
        _ = try await client.send(
            EvaluateScript(
                source: "return redis.call('XDEL', KEYS[1], ARGV[1])", keys: [stream], arguments: [ids[0].description]))
        let read = try #require(try await read(.pending(after: .zero)))
        #expect(read.entries.map(\.id) == [ids[1]] && read.deleted == [ids[0]])
    }

    @Test func whatIsMissingHasACodeOfItsOwn() async throws {
        let noGroup = await failure { () throws(RedisFailure) in
            try await client.send(ReadGroup([stream], group: "g", consumer: "a", countMax: 1))
        }
        #expect(noGroup?.kind == .server(code: "NOGROUP"))
        let noStream = await failure { () throws(RedisFailure) in try await client.send(DescribeGroups(stream)) }
        #expect(noStream?.kind == .server(code: "ERR") && noStream?.message.contains("no such key") == true)
        try await client.send(CreateConsumerGroup(stream, group: "g", after: .zero))
        let busy = await failure { () throws(RedisFailure) in
            try await client.send(CreateConsumerGroup(stream, group: "g", after: .zero))
        }
        #expect(busy?.kind == .server(code: "BUSYGROUP"))
    }

    @Test func trimmingKeepsWhatIsNotBefore() async throws {
        var ids: [StreamID] = []
        for number in 0..<500 { ids.append(try await append(number)) }
        let removed = try await client.send(TrimStream(stream, before: ids[450]))
        let info = try await client.send(DescribeStream(stream))
        #expect(removed >= 300 && info.length == 500 - removed)
        #expect(try #require(info.first) <= ids[450])
    }

    @Test func aReaderWaitsForEntriesOfSeveralStreams() async throws {
        let other = stream + "2"
        for name in [stream, other] {
            try await client.send(CreateConsumerGroup(name, group: "g", after: .zero))
        }
        let reader = RedisGroupReader(
            configuration: client.configuration, loops: MultiThreadedEventLoopGroup.singleton,
            streams: [stream, other], group: "g", consumer: "a", blockTime: .milliseconds(20))
        #expect(try await reader.read(countMax: 5) == [])
        let id = try await client.send(AppendToStream(other, [RedisField("n", "1")], entriesMax: nil))
        let read = try await reader.read(countMax: 5)
        #expect(read.map(\.stream) == [other] && read.first?.entries.map(\.id) == [id])
        await reader.close()
    }
}
