internal import Contract
internal import Cryptography
internal import JSON
internal import Logging
internal import Primitives
internal import Protocol
internal import Synchronization

/// The public keys of access tokens, as auth publishes them: a snapshot that is swapped whole.
///
/// `run()` fetches at the start, every few minutes, and when a token names a key that is not known: then all who wait
/// share one fetch, and there is at most one such fetch every few seconds, however many strange tokens come.
final class KeyRing: Sendable {
    struct Pace: Sendable {
        /// Between two fetches where all is well (what auth's `Cache-Control` says).
        var refresh: Duration = .seconds(300)
        /// Between two attempts while there are no keys at all.
        var retry: Duration = .milliseconds(500)
        /// Between two fetches that strange tokens cause.
        var unknownKey: Duration = .seconds(5)

        init() {}
    }

    private struct State {
        var keys = P256KeySet.empty
        var mayRefetchAt = Deadline(nanoseconds: 0)
        var isRunning = false
        /// The last fetch brought nothing: told once.
        var isFailing = false
        var waiters: [CheckedContinuation<Void, Never>] = []

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [] }
            return waiters
        }
    }

    private enum Admission { case waits, full, needless }

    private let auth: any EndpointCaller
    private let pace: Pace
    /// Requests that wait for one fetch; what comes on top is judged without.
    private let waitersMax: Int
    private let logger: Logger
    private let limited: @Sendable () -> Void
    private let state = Mutex(State())
    private let wanted: AsyncStream<Void>
    private let want: AsyncStream<Void>.Continuation

    /// - Parameter limited: told of each request that may not wait.
    init(
        auth: any EndpointCaller, pace: Pace = Pace(), waitersMax: Int = 1024, logger: Logger,
        limited: @escaping @Sendable () -> Void = {}
    ) {
        self.auth = auth
        self.pace = pace
        self.waitersMax = waitersMax
        self.logger = logger
        self.limited = limited
        (wanted, want) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var current: P256KeySet { state.withLock { $0.keys } }

    /// Whether there are keys to verify with.
    var isReady: Bool { !current.keys.isEmpty }

    /// Returns once the keys were fetched anew; at once where that happened a moment ago.
    func refetch() async {
        await withCheckedContinuation { continuation in
            let admission = state.withLock { state -> Admission in
                let isDue = Deadline.now >= state.mayRefetchAt || !state.waiters.isEmpty
                guard state.isRunning, isDue else { return .needless }
                guard state.waiters.count < waitersMax else { return .full }
                state.waiters.append(continuation)
                return .waits
            }
            switch admission {
            case .waits: want.yield()
            case .full:
                limited()
                continuation.resume()
            case .needless: continuation.resume()
            }
        }
    }

    func run() async {
        state.withLock { $0.isRunning = true }
        await withTaskGroup { group in
            group.addTask { await self.tick() }
            for await _ in wanted where !Task.isCancelled { await fetch() }
            group.cancelAll()
        }
        let waiters = state.withLock { state in
            state.isRunning = false
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    private func tick() async {
        while !Task.isCancelled {
            want.yield()
            do { try await Task.sleep(for: isReady ? pace.refresh : pace.retry) } catch { return }
        }
    }

    private func fetch() async {
        var reason = "the key set cannot be read"
        var fetched: P256KeySet?
        do {
            fetched = Self.keySet(try await auth.call(ReadKeySet.self, Nothing(), for: nil))
        } catch {
            reason = "\(error)"
        }
        let (waiters, isNews) = state.withLock { state in
            let isNews = fetched == nil && !state.isFailing
            state.isFailing = fetched == nil
            if let fetched { state.keys = fetched }
            state.mayRefetchAt = .after(pace.unknownKey)
            return (state.takeWaiters(), isNews)
        }
        if isNews { logger.notice("auth's keys could not be fetched", metadata: ["reason": "\(reason)"]) }
        for waiter in waiters { waiter.resume() }
    }

    /// The keys of a document; nil where it is not sound as a whole, so that what is known stays.
    private static func keySet(_ view: KeySetView) -> P256KeySet? {
        var writer = JSONWriter()
        view.encode(into: &writer)
        guard let document = try? JSONValue.parse(writer.bytes), let keys = try? P256KeySet(document: document),
            !keys.keys.isEmpty
        else { return nil }
        return keys
    }
}
