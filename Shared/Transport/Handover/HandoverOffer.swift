internal import Glibc
internal import NIOPosix
internal import Synchronization

/// Hands the listening sockets of this process to the one that is to take its place, when that asks for them. Until the
/// successor says that it accepts, this process goes on, whatever becomes of the other.
package final class HandoverOffer: Sendable {
    package typealias Offered = (role: String, listener: Listener)

    /// How long a successor may take, in milliseconds: for its first word, from the sockets to being ready, and from
    /// there to accepting, while nobody does.
    private static let wordMilliseconds: Int32 = 1000
    package static let startMilliseconds: Int32 = 60_000
    private static let pauseMilliseconds: Int32 = 5000

    private struct State {
        /// Nil once it is closed: its number may be another's then.
        var listening: Int32?
        var listeners: [Offered]
        var conversation: HandoverChannel?
        var isStopped = false
        var isTaken = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>
    private let memory: @Sendable () -> [UInt8]
    private let report: @Sendable (HandoverFault) -> Void
    private let thread = NIOThreadPool(numberOfThreads: 1)

    /// Begins to offer the sockets of `listeners`, each with its purpose, a word.
    ///
    /// - Parameters:
    ///   - folder: as for `Predecessor.claim`.
    ///   - memory: what else the successor is to know; at most 2,000 bytes.
    ///   - report: told what went wrong with a successor.
    package static func start(
        in folder: String, listeners: [Offered], memory: @escaping @Sendable () -> [UInt8] = { [] },
        report: @escaping @Sendable (HandoverFault) -> Void
    ) throws(HandoverFault) -> HandoverOffer {
        let folder = HandoverFolder(path: folder)
        try folder.check()
        let offer = HandoverOffer(listeners, listening: try listen(folder), memory: memory, report: report)
        offer.thread.start()
        offer.thread.submit { state in
            guard case .active = state else { return }
            offer.talk()
            offer.close()
        }
        return offer
    }

    private init(
        _ listeners: [Offered], listening: Int32, memory: @escaping @Sendable () -> [UInt8],
        report: @escaping @Sendable (HandoverFault) -> Void
    ) {
        state = Mutex(State(listening: listening, listeners: listeners))
        self.memory = memory
        self.report = report
    }

    /// Whether a successor accepts in place of this process.
    package var isTaken: Bool { state.withLock { $0.isTaken } }

    /// Returns when a successor accepts in place of this process, or when the offer is over.
    package func ended() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isTaken || state.isStopped { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            stop()
        }
    }

    /// Hands nothing over any more, and lets the sockets go.
    package func stop() {
        let (waiter, conversation) = end { state in
            state.isStopped = true
            // Wakes the thread, which then ends.
            if let listening = state.listening { shutdown(listening, Int32(SHUT_RDWR)) }
        }
        conversation?.shutDown()
        waiter?.resume()
    }

    private func close() {
        state.withLock { state in
            if let listening = state.listening { Glibc.close(listening) }
            state.listening = nil
        }
        thread.shutdownGracefully { _ in }
    }

    private func end(
        _ mark: (inout State) -> Void
    ) -> (waiter: CheckedContinuation<Void, Never>?, conversation: HandoverChannel?) {
        state.withLock { state in
            defer {
                state.waiter = nil
                state.listeners = []
            }
            mark(&state)
            return (state.waiter, state.conversation)
        }
    }

    /// One successor after the other, until one has taken over.
    private func talk() {
        while let listening = state.withLock({ $0.isStopped ? nil : $0.listening }) {
            let descriptor = accept(listening, nil, nil)
            guard descriptor >= 0 else {
                // After `stop`.
                if errno == EINVAL { return }
                // Out of descriptors or memory: not for long, it is hoped.
                if errno != EINTR, errno != ECONNABORTED { poll(nil, 0, Self.wordMilliseconds) }
                continue
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let channel = HandoverChannel(descriptor)
            state.withLock { $0.conversation = channel }
            defer { state.withLock { $0.conversation = nil } }
            do throws(HandoverFault) {
                try handOver(channel)
                let (waiter, _) = end { $0.isTaken = true }
                waiter?.resume()
                return
            } catch { report(error) }
        }
    }

    /// - Throws: why it did not come to that.
    private func handOver(_ channel: HandoverChannel) throws(HandoverFault) {
        guard channel.peerUser == geteuid() else { throw .refused("another user's process asked") }
        let (claim, none) = try channel.receive(within: Self.wordMilliseconds)
        for descriptor in none { Glibc.close(descriptor) }
        guard case .claim(let version) = claim, HandoverMessage.versions.contains(version) else {
            let reason = HandoverMessage.refusal(speaking: HandoverMessage.versions.upperBound)
            try channel.send(.refused(reason: reason))
            throw .broken("a process asked with \"\(claim)\"; \(reason)")
        }
        let listeners = state.withLock { $0.listeners }
        try give(listeners, channel)
        if version >= 2 { try channel.send(.memory(memory())) }
        try hear(.ready, channel, Self.startMilliseconds)
        // Two that accept from one socket would wake each other for nothing. What comes now queues.
        for (_, listener) in listeners { listener.pause() }
        do throws(HandoverFault) {
            try channel.send(.paused)
            try hear(.serving, channel, Self.pauseMilliseconds)
        } catch {
            for (_, listener) in listeners { listener.resume() }
            throw error
        }
        // It accepts, whether it hears this or not.
        try? channel.send(.released)
    }

    private func hear(
        _ word: HandoverMessage, _ channel: HandoverChannel, _ milliseconds: Int32
    ) throws(HandoverFault) {
        let (said, none) = try channel.receive(within: milliseconds)
        for descriptor in none { Glibc.close(descriptor) }
        guard said == word else { throw .broken("\(said) was not to be said now") }
    }

    private func give(_ listeners: [Offered], _ channel: HandoverChannel) throws(HandoverFault) {
        let sockets = listeners.flatMap { role, listener in listener.sockets.map { (role: role, socket: $0) } }
        var rest = sockets[...]
        repeat {
            let share = rest.prefix(HandoverMessage.socketsMax)
            rest = rest.dropFirst(share.count)
            try channel.send(
                .sockets(roles: share.map(\.role), isLast: rest.isEmpty), share.map(\.socket.descriptor))
        } while !rest.isEmpty
    }

    /// Binds beside and moves into place, so that there is always a whole socket, and one that was left behind goes.
    private static func listen(_ folder: HandoverFolder) throws(HandoverFault) -> Int32 {
        let path = "\(folder.socketPath).\(getpid())"
        let descriptor = try HandoverChannel.open()
        unlink(path)
        do throws(SystemFault) {
            try SystemFault.check("bind") { withUnixAddress(path) { bind(descriptor, $0, $1) } }
            try SystemFault.check("listen") { Glibc.listen(descriptor, 1) }
            try SystemFault.check("rename") { rename(path, folder.socketPath) }
        } catch {
            Glibc.close(descriptor)
            unlink(path)
            throw HandoverFault(error)
        }
        return descriptor
    }
}
