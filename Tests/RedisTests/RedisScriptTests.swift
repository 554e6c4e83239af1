import TestKit
import Testing

@testable import Redis

@Suite struct RedisScriptTests {
    private func script() -> RedisScript<Int64> {
        RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])") { reply throws(RedisFailure) in
            try reply.integer()
        }
    }

    @Test func survivesBeingForgotten() async throws {
        let server = try TestRedisServer()
        let client = try RedisClient.forTest(server)
        let script = script()
        #expect(try await client.run(script, keys: ["n"], arguments: ["1"]) == 1)
        #expect(script.digest?.count == 40)
        #expect(try await client.run(script, keys: ["n"], arguments: ["10"]) == 11)
        try await client.send(FlushScripts())
        #expect(try await client.run(script, keys: ["n"], arguments: ["100"]) == 111)
        #expect(try await client.run(script, keys: ["n"], arguments: ["1000"]) == 1111)
        // A digest that no server ever knew is as good as forgotten.
        script.digest = String(repeating: "0", count: 40)
        #expect(try await client.run(script, keys: ["n"], arguments: ["0"]) == 1111)
        await client.close()
    }

    @Test func tellsWhatTheScriptSays() async throws {
        let client = try RedisClient.forTest()
        let broken = RedisScript<Int64>("return redis.error_reply('MINE went wrong')") { reply throws(RedisFailure) in
            try reply.integer()
        }
        let failure = await failure { () throws(RedisFailure) in try await client.run(broken, keys: []) }
        #expect(failure?.kind == .server(code: "MINE"))
        let text = RedisScript<Int64>("return 'text'") { reply throws(RedisFailure) in try reply.integer() }
        let wrong = await kind(of: text, client)
        #expect(wrong == .protocolFault)
        await client.close()
    }

    private func kind(of script: RedisScript<Int64>, _ client: RedisClient) async -> RedisFailure.Kind? {
        await failure { () throws(RedisFailure) in try await client.run(script, keys: []) }?.kind
    }
}
