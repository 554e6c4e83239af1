internal import Foundation
internal import Synchronization

extension SuiteUnderTest {
    /// Starts the process of the content service with this number; 0 is the suite's own.
    package func startContent(_ number: Int) async throws {
        guard number > 0 else { return try await start(.content) }
        let (port, ops) = ports.furtherContents[number - 1]
        let settings = ["CAUSEWAY_CONTENT_PORT": String(port), "CAUSEWAY_CONTENT_OPS_PORT": String(ops)]
        let process = try ChildProcess(
            [binary, "serve", "content"], environment: environment.merging(settings) { _, new in new },
            errors: "\(folder)/content-\(number).log")
        afterlife.add(process)
        processes.withLock { $0["content-\(number)"] = process }
        try await eventually {
            let reply = try? await Curl(base: "http://127.0.0.1:\(ops)").get("/readyz")
            return reply?.status == 200 || process.hasEnded
        }
    }

    /// The process of the content service with this number; nil while it is stopped.
    package func content(_ number: Int) -> ChildProcess? {
        processes.withLock { $0[Self.contentName(number)] }
    }

    @discardableResult
    package func stopContent(_ number: Int, signal: Int32) async -> Int32? {
        await stop(named: Self.contentName(number), signal: signal)
    }

    private static func contentName(_ number: Int) -> String { number == 0 ? "content" : "content-\(number)" }
}
