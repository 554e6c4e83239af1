internal import Foundation

/// The Redis server that set-up has started for the tests.
package enum TestRedis {
    /// Names the port on 127.0.0.1.
    package static let portVariable = "CAUSEWAY_TEST_REDIS_PORT"

    /// The port of the shared server.
    package static func port() throws -> Int {
        guard let text = ProcessInfo.processInfo.environment[portVariable], let port = Int(text) else {
            throw TestRedisFault("\(portVariable) is not set: run the tests by `make test`, which starts a Redis")
        }
        return port
    }

    /// A prefix for keys that no other suite and no earlier run has.
    package static func prefix(_ suite: String) -> String {
        "test:\(suite):\(UUID().uuidString.lowercased()):"
    }
}

/// Why a test has no Redis to talk to.
package struct TestRedisFault: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
