import Primitives
import TestKit
import Testing

@testable import Redis

@Suite struct CommandTests {
    private let prefix = TestRedis.prefix("commands")

    @Test(arguments: RedisWire.allCases) func keys(over wire: RedisWire) async throws {
        let client = try await wire.client()
        let key = prefix + "key"
        #expect(try await client.send(GetValue(key)) == nil)
        #expect(try await !client.send(KeyExists(key)))
        #expect(try await !client.send(SetValue(key, to: "x", when: .ifPresent)))
        #expect(try await client.send(SetValue(key, to: [0, 255, 13, 10], when: .ifAbsent)))
        #expect(try await !client.send(SetValue(key, to: "y", when: .ifAbsent)))
        #expect(try await client.send(GetValue(key)) == [0, 255, 13, 10])
        #expect(try await client.send(KeyExists(key)))
        #expect(try await client.send(KeyLifetime(key)) == .endless)
        #expect(try await client.send(ExpireKey(key, after: .seconds(100))))
        guard case .left(let left) = try await client.send(KeyLifetime(key)) else {
            Issue.record("the key has no lifetime")
            return
        }
        #expect(left > .seconds(50) && left <= .seconds(100))
        #expect(try await client.send(DeleteKeys(key, prefix + "none")) == 1)
        #expect(try await client.send(KeyLifetime(key)) == .absent)
        #expect(try await !client.send(ExpireKey(key, after: .seconds(1))))
        #expect(try await client.send(SetValue(key, to: "z", lifetime: .microseconds(1))))
    }

    @Test(arguments: RedisWire.allCases) func numbers(over wire: RedisWire) async throws {
        let client = try await wire.client()
        let key = prefix + "number"
        #expect(try await client.send(IncrementValue(key)) == 1)
        #expect(try await client.send(IncrementValue(key, by: -11)) == -10)
        #expect(try await client.send(SetValue(key, to: "words")))
        let failure = await failure { () throws(RedisFailure) in try await client.send(IncrementValue(key)) }
        #expect(failure?.kind == .server(code: "ERR"))
    }

    @Test(arguments: RedisWire.allCases) func hashes(over wire: RedisWire) async throws {
        let client = try await wire.client()
        let key = prefix + "hash"
        #expect(try await client.send(GetHash(key)) == [])
        let fields = [RedisField("a", "1"), RedisField("b", [0])]
        #expect(try await client.send(SetHashFields(key, fields)) == 2)
        #expect(try await client.send(GetHash(key)) == fields)
        let failure = await failure { () throws(RedisFailure) in try await client.send(GetValue(key)) }
        #expect(failure?.kind == .server(code: "WRONGTYPE"))
    }

    @Test(arguments: RedisWire.allCases) func streams(over wire: RedisWire) async throws {
        let client = try await wire.client()
        let stream = prefix + "stream"
        #expect(try await client.send(StreamLength(stream)) == 0)
        #expect(try await client.send(ReadStream(stream, after: .zero, countMax: 10)) == [])
        var ids: [StreamID] = []
        for index in 0..<5 {
            ids.append(try await client.send(AppendToStream(stream, [RedisField("n", "\(index)")], entriesMax: nil)))
        }
        #expect(ids == ids.sorted())
        #expect(try await client.send(StreamLength(stream)) == 5)
        let rest = try await client.send(ReadStream(stream, after: ids[1], countMax: 2))
        #expect(rest.map(\.id) == [ids[2], ids[3]])
        #expect(rest.first?.text("n") == "2")
        #expect(try await client.send(StreamEntries(stream, countMax: 100)).map(\.id) == ids)
        let middle = StreamEntries(stream, from: ids[1], through: ids[3], countMax: 100)
        #expect(try await client.send(middle).map(\.id) == Array(ids[1...3]))
        let info = try await client.send(DescribeStream(stream))
        #expect(info.length == 5 && info.first == ids[0] && info.last == ids[4] && info.entriesAdded == 5)
        for index in 0..<1_000 {
            _ = try await client.send(AppendToStream(stream, [RedisField("n", "\(index)")], entriesMax: 100))
        }
        #expect(try await client.send(StreamLength(stream)) < 400)
    }

    @Test(arguments: ["", "1", "-", "1-", "a-1", "1-2-3", "18446744073709551616-0"])
    func refusesWhatIsNoStreamID(text: String) {
        #expect(StreamID(text) == nil)
    }

    @Test(arguments: RedisWire.allCases) func server(over wire: RedisWire) async throws {
        let client = try await wire.client()
        try await client.send(PingServer())
        #expect(try await client.send(GetServerInfo("server"))["redis_version"] != nil)
    }

    @Test func flushesOneDatabaseOnly() async throws {
        let server = try TestRedisServer()
        let zero = try RedisClient.forTest(server)
        let one = try RedisClient.forTest(server) { $0.database = 1 }
        #expect(try await zero.send(SetValue("key", to: "0")))
        #expect(try await one.send(GetValue("key")) == nil)
        #expect(try await one.send(SetValue("key", to: "1")))
        try await zero.send(FlushDatabase())
        #expect(try await zero.send(GetValue("key")) == nil)
        #expect(try await one.send(GetValue("key")) == Array("1".utf8))
        await zero.close()
        await one.close()
    }
}
