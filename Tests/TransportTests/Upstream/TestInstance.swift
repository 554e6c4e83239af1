import HTTP
import NIOCore
import Primitives
import Synchronization
import TestKit
import Transport

/// One instance of an upstream, which does as it is told, and can be stopped and started on its port.
final class TestInstance: RequestHandler {
    enum Act: Sendable {
        case answer
        case status(Int)
        case reset(HTTP2ErrorCode)
        case late(Duration)
        /// More than is taken from one who does not read.
        case long
        /// The beginning of an answer.
        case half
        /// Dies of the first, and says for so long that it is still at it.
        case stillAtIt(Duration)
    }

    private struct State {
        var act = Act.answer
        var isReady = true
        var seen = 0
        var listener: Listener?
        var busyUntil: Deadline?
    }

    private let state = Mutex(State())
    private let loops: EventLoops
    private let protocols: ListenerConfiguration.Protocols
    let port: Int

    /// On a free port.
    static func make(
        _ loops: EventLoops, protocols: ListenerConfiguration.Protocols = .http2
    ) async throws -> TestInstance {
        let instance = TestInstance(loops, port: try FreePorts.take(1)[0], protocols)
        try await instance.start()
        return instance
    }

    private init(_ loops: EventLoops, port: Int, _ protocols: ListenerConfiguration.Protocols) {
        self.loops = loops
        self.protocols = protocols
        self.port = port
    }

    /// Calls that came, those that ask for its health apart.
    var seen: Int { state.withLock { $0.seen } }
    func act(_ act: Act) { state.withLock { $0.act = act } }
    func say(isReady: Bool) { state.withLock { $0.isReady = isReady } }

    /// Tried again for as long as a child that another test has just started holds what listened there before.
    func start() async throws {
        var configuration = ListenerConfiguration(
            addresses: [.init(host: "127.0.0.1", port: port)], protocols: protocols, limits: .internalHop)
        configuration.sweepInterval = .milliseconds(20)
        let end = ContinuousClock.now + .seconds(20)
        while true {
            do {
                let listener = try await Listener.start(configuration, on: loops, handler: self)
                return state.withLock { $0.listener = listener }
            } catch {
                guard ContinuousClock.now < end else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// - Parameter grace: what calls in flight get; zero breaks them off.
    func stop(grace: Duration = .zero) async {
        let listener = state.withLock { state in
            defer { state.listener = nil }
            return state.listener
        }
        await listener?.drain(deadline: .after(grace))
    }

    func handle(_ exchange: ServerExchange) async {
        if exchange.head.path == "/readyz" {
            let isReady = state.withLock { $0.isReady }
            return exchange.respond(ResponseHead(status: isReady ? 200 : 503))
        }
        let act = state.withLock { state in
            state.seen += 1
            return state.act
        }
        switch act {
        case .answer: break
        case .status(let status): return exchange.respond(ResponseHead(status: status))
        case .reset(let code): return exchange.abort(code)
        case .late(let duration): try? await Task.sleep(for: duration)
        case .long, .half: return await begin(exchange, bytes: act.bytes)
        case .stillAtIt(let duration):
            let busyUntil = state.withLock { state in
                defer { state.busyUntil = state.busyUntil ?? .after(duration) }
                return state.busyUntil
            }
            guard let busyUntil else { return exchange.abort(.internalError) }
            if !busyUntil.hasPassed { return exchange.respond(ResponseHead(status: 409)) }
        }
        exchange.respond(ResponseHead(status: 200), body: ByteBuffer(string: "\(port)"))
    }
}

extension TestInstance {
    /// Does not end what it begins.
    private func begin(_ exchange: ServerExchange, bytes: Int) async {
        let writer = exchange.start(ResponseHead(status: 200))
        do throws(BodyFailure) { try await writer.write(ByteBuffer(repeating: 0x61, count: bytes)) } catch {}
        try? await Task.sleep(for: .seconds(60))
    }
}

extension TestInstance.Act {
    fileprivate var bytes: Int {
        if case .long = self { 256 << 10 } else { 10 }
    }
}

/// A pool before several instances.
struct TestUpstream: Sendable {
    let instances: [TestInstance]
    let pool: ClientPool
    let record: Recorder
    let loops: EventLoops

    static func with(
        _ count: Int, threads: Int = 1, version: ClientPoolConfiguration.Version = .http2,
        change: (inout ClientPoolConfiguration) -> Void = { _ in },
        _ body: (TestUpstream) async throws -> Void
    ) async throws {
        let loops = EventLoops(threads: threads)
        let others = EventLoops(threads: 1)
        var instances: [TestInstance] = []
        for _ in 0..<count {
            instances.append(try await TestInstance.make(others, protocols: version == .http1 ? .http1 : .http2))
        }
        let record = Recorder()
        var configuration = ClientPoolConfiguration(instances.map { .init(host: "127.0.0.1", port: $0.port) })
        configuration.observer = record.observer
        configuration.version = version
        // The machine may be busy with other tests.
        configuration.connectTimeout = .seconds(20)
        change(&configuration)
        let pool = await ClientPool(configuration, on: loops)
        let upstream = TestUpstream(instances: instances, pool: pool, record: record, loops: loops)
        let result: Result<Void, any Error>
        do { result = .success(try await body(upstream)) } catch { result = .failure(error) }
        await pool.close(deadline: .now)
        for instance in instances { await instance.stop() }
        await loops.shutdown()
        await others.shutdown()
        try result.get()
    }

    /// One call; its status, or why there is none.
    func call(
        repetition: ClientCall.Repetition = .safe, patience: Duration = .zero, deadline: Duration = .seconds(20)
    ) async -> Result<Int, ClientFailure> {
        do throws(ClientFailure) {
            let call = ClientCall(
                RequestHead(path: "/x"), deadline: .after(deadline), repetition: repetition, patience: patience)
            return .success(try await pool.send(call, responseBodyMax: 100).0.status)
        } catch {
            return .failure(error)
        }
    }

    /// Calls by so many callers at once: how often each status, or failure, came.
    func load(
        callers: Int, calls: Int, repetition: ClientCall.Repetition = .safe, patience: Duration = .zero
    ) async -> [String: Int] {
        await load(callers: callers, repetition: repetition, patience: patience) { $0 < calls / callers }
    }

    /// Calls by so many callers at once from before `body` until after it: how often each status, or failure, came.
    func load(
        callers: Int, repetition: ClientCall.Repetition = .safe, while body: () async throws -> Void
    ) async throws -> [String: Int] {
        let over = Recorder()
        async let counts = load(callers: callers, repetition: repetition, patience: .zero) { _ in
            over.value("over") == 0
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        over.count("over")
        let all = await counts
        try result.get()
        return all
    }

    /// - Parameter goesOn: whether a caller that has called so often calls again.
    private func load(
        callers: Int, repetition: ClientCall.Repetition, patience: Duration, goesOn: @escaping @Sendable (Int) -> Bool
    ) async -> [String: Int] {
        await withTaskGroup(of: [String].self) { group in
            for _ in 0..<callers {
                group.addTask {
                    var results: [String] = []
                    while goesOn(results.count) {
                        switch await call(repetition: repetition, patience: patience) {
                        case .success(let status): results.append("\(status)")
                        case .failure(let failure): results.append("\(failure.code)")
                        }
                    }
                    return results
                }
            }
            var counts: [String: Int] = [:]
            for await results in group { for result in results { counts[result, default: 0] += 1 } }
            return counts
        }
    }

    func warmUp() async throws {
        try await eventually {
            _ = await call()
            return instances.allSatisfy { $0.seen > 0 }
        }
    }
}
