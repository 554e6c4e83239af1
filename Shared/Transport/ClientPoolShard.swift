internal import HTTP
internal import NIOCore
internal import NIOPosix
internal import Primitives
internal import TLS

/// The connections of one loop to the instances of one upstream, and the calls that wait for room on them. On the loop
/// only.
final class ClientPoolShard {
    let executor: LoopExecutor
    let configuration: ClientPoolConfiguration
    var budget: RetryBudget
    var machine: UpstreamMachine
    /// By slot.
    private(set) var instances: [UpstreamInstance?] = []
    /// Calls that wait, the longest first; those that were woken and have not looked yet are among them.
    private var waiters: CircularBuffer<Waiter> = []
    private var wokenCount = 0
    private var nextTicket: UInt64 = 0
    private var timer: RepeatedTask?
    /// The names have not been looked up yet.
    private var isResolving = true
    private var lastFailure = ClientFailure(.connectFailed, provablyDidNoWork: true)
    private(set) var isClosed = false
    // Which instance is next is no secret, and the system's own source is a call into it each time.
    var random = SeededGenerator(seed: .random(in: .min ... .max))
    /// Asks for the names to be looked up again: an instance was not to be reached, or none is known.
    var lookAgain: @Sendable () -> Void = {}
    /// Hears of each new connection that takes calls.
    var becameReady: (UpstreamInstance) -> Void = { _ in }

    /// A call without a stream yet: woken to look again.
    private final class Waiter {
        let signal: LoopSignal
        /// Its place, which it keeps where it was woken in vain.
        let ticket: UInt64
        var isWoken = false

        init(_ executor: LoopExecutor, ticket: UInt64) {
            signal = LoopSignal(executor)
            self.ticket = ticket
        }
    }

    init(_ executor: LoopExecutor, _ configuration: ClientPoolConfiguration) {
        self.executor = executor
        self.configuration = configuration
        machine = UpstreamMachine(configuration.balance)
        budget = RetryBudget(percent: configuration.retryPercent)
    }

    private var present: [UpstreamInstance] { machine.present.compactMap { instances[$0] } }

    /// Opens a stream once there is room, and those who came before have theirs. `openNow` comes first: there is room
    /// as a rule, and waiting costs more.
    func openLater(_ call: ClientCall, ends: Bool, other: Int? = nil) async throws(ClientFailure) -> ClientExchange {
        var call = call
        let patienceEnds = call.patience > .zero ? min(call.deadline, .after(call.patience)) : nil
        var waited: Waiter?
        // Where it goes without what it was woken for, the next may have that.
        defer { if waited != nil { roomMayBe() } }
        while true {
            if isClosed { throw ClientFailure(.closed, provablyDidNoWork: true) }
            if waited?.isWoken ?? waiters.isEmpty, let exchange = openNow(call, ends: ends, other: other, isNext: true)
            {
                return exchange
            }
            if Task.isCancelled { throw ClientFailure(.cancelled, provablyDidNoWork: true) }
            let limit = try waitLimit(call.deadline, patienceEnds, hasWaited: waited != nil)
            if waited == nil {
                configuration.observer(.waited(reason: machine.candidates.isEmpty ? "instance" : "stream"))
            }
            waited = await wait(until: limit, ticket: waited?.ticket)
            call.stampDeadline(in: configuration.deadlineField)
        }
    }

    /// Opens a stream now, or nil when there is no room, or others wait for it.
    ///
    /// - Parameters:
    ///   - other: not the instance in this slot, where there is another.
    ///   - isNext: whether it has waited, and its turn has come.
    func openNow(_ call: ClientCall, ends: Bool, other: Int? = nil, isNext: Bool = false) -> ClientExchange? {
        if isClosed || !(isNext || waiters.isEmpty) { return nil }
        if machine.wantsLinks { connectMissing() }
        guard let slot = machine.choose(other: other, using: &random) else { return nil }
        if let exchange = instances[slot]?.open(call, ends: ends) { return exchange }
        for slot in machine.candidates {
            if let exchange = instances[slot]?.open(call, ends: ends) { return exchange }
        }
        return nil
    }

    /// Sees to it that there may be room soon.
    ///
    /// - Returns: until when to wait for it.
    private func waitLimit(
        _ deadline: Deadline, _ patienceEnds: Deadline?, hasWaited: Bool
    ) throws(ClientFailure) -> Deadline {
        guard !deadline.hasPassed else { throw ClientFailure(.deadlineExceeded, provablyDidNoWork: true) }
        var limit = deadline
        if machine.candidates.isEmpty {
            if machine.present.isEmpty, !isResolving { lookAgain() }
            // Who cannot wait for the pause to end does not find what has come back meanwhile, unless it is asked. An
            // attempt that is refused costs little; one that hangs is not made for every call.
            if patienceEnds == nil, !hasWaited, lastFailure.code == .connectFailed { machine.restedAll() }
            connectMissing()
            if let patienceEnds {
                if patienceEnds.hasPassed { throw lastFailure }
                limit = patienceEnds
            } else if !isResolving, !present.contains(where: \.isConnecting) {
                throw lastFailure
            }
        } else {
            for slot in machine.candidates { instances[slot].map(connectFurther) }
        }
        guard hasWaited || waiters.count < configuration.waitersPerLoopMax else {
            configuration.observer(.limited(reason: "upstream-waiters"))
            throw ClientFailure(.poolExhausted, provablyDidNoWork: true)
        }
        return limit
    }

    /// - Parameter ticket: of the one that has waited before; nil for a newcomer.
    private func wait(until limit: Deadline, ticket: UInt64?) async -> Waiter {
        let waiter = Waiter(executor, ticket: ticket ?? nextTicket)
        if let ticket {
            let place = waiters.firstIndex { $0.ticket > ticket } ?? waiters.endIndex
            waiters.insert(waiter, at: place)
        } else {
            nextTicket += 1
            waiters.append(waiter)
        }
        let bound = NIOLoopBound(waiter, eventLoop: executor.loop)
        let timer = executor.loop.scheduleTask(in: .nanoseconds(Int64(limit.remaining.nanosecondsClamped))) {
            bound.value.signal.fire()
        }
        await waiter.signal.wait()
        timer.cancel()
        if waiter.isWoken { wokenCount -= 1 }
        // The first, as a rule.
        if let index = waiters.firstIndex(where: { $0 === waiter }) { waiters.remove(at: index) }
        return waiter
    }

    /// Wakes as many waiting calls as there is room for; they look for themselves.
    func roomMayBe() {
        guard waiters.count > wokenCount else { return }
        let room = machine.candidates.reduce(0) { $0 + (instances[$1]?.room ?? 0) }
        wake(room - wokenCount)
        guard waiters.count > wokenCount else { return }
        for slot in machine.candidates { instances[slot].map(connectFurther) }
    }

    /// Wakes every waiting call: what it waits for may be no more to be had.
    private func wakeAll() { wake(waiters.count) }

    private func wake(_ count: Int) {
        var left = count
        for waiter in waiters where left > 0 && !waiter.isWoken {
            waiter.isWoken = true
            wokenCount += 1
            waiter.signal.fire()
            left -= 1
        }
    }

    /// No new call; open ones go on until `closeAll`.
    func close() {
        isClosed = true
        wakeAll()
        for instance in instances { instance?.connections.forEach { $0.retire() } }
    }

    func closeAll() {
        for instance in instances { instance?.connections.forEach { $0.close() } }
        timer?.cancel()
        timer = nil
    }
}

// Instances come and go.
extension ClientPoolShard {
    /// The upstream's instances, as far as is known; nil where that could not be found out.
    func resolved(_ addresses: [SocketAddress]?) {
        isResolving = false
        guard !isClosed, let addresses else { return wakeAll() }
        let (new, leaving) = machine.resolved(addresses)
        while instances.count < machine.slots.count { instances.append(nil) }
        for slot in new {
            guard let address = machine.slots[slot]?.address else { continue }
            instances[slot] = UpstreamInstance(slot: slot, address: address)
        }
        for slot in leaving {
            guard let instance = instances[slot] else { continue }
            instance.connections.forEach { $0.retire() }
            forgetIfGone(instance)
        }
        if !waiters.isEmpty {
            connectMissing()
            wakeAll()
        }
    }

    func heard(_ address: SocketAddress, isReady: Bool) {
        guard let slot = machine.slot(of: address) else { return }
        if machine.heard(slot, isReady: isReady, now: Deadline.now.nanoseconds) { roomMayBe() }
        wakeIfNoneIsLeft()
    }

    private func forgetIfGone(_ instance: UpstreamInstance) {
        guard machine.slots[instance.slot]?.isLeaving == true, !instance.isConnecting, instance.connections.isEmpty
        else {
            return
        }
        machine.left(instance.slot)
        instances[instance.slot] = nil
    }

    func connectMissing() {
        for instance in present where machine.slots[instance.slot]?.link == UpstreamMachine.Link.none {
            connect(instance)
        }
    }

    /// One more connection to an instance whose streams are taken.
    func connectFurther(_ instance: UpstreamInstance) {
        guard !instance.isCrowded, instance.room <= 0,
            instance.connections.count(where: { !$0.isClosed && !$0.isTunnel }) < configuration.connectionsPerLoopMax
        else { return }
        connect(instance)
    }

    private func connect(_ instance: UpstreamInstance) {
        guard !isClosed, !instance.isConnecting else { return }
        instance.isConnecting = true
        if !instance.isLinked { machine.connecting(instance.slot) }
        let bound = NIOLoopBound((shard: self, instance: instance), eventLoop: executor.loop)
        ClientBootstrap(group: executor.loop)
            .connectTimeout(.nanoseconds(Int64(configuration.connectTimeout.nanosecondsClamped)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .connect(to: instance.address)
            .whenComplete { bound.value.shard.connected(bound.value.instance, $0) }
    }

    private func connected(_ instance: UpstreamInstance, _ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            guard let connection = try? handlers(for: instance, channel.pipeline.syncOperations) else {
                return failed(instance, .connectFailed)
            }
            instance.connections.append(connection)
            configuration.observer(.upstreamConnected)
            startSweeping()
            connection.begin()
            if isClosed { connection.close() }
        case .failure(let error):
            if case ChannelError.connectTimeout = error { return failed(instance, .connectTimeout) }
            failed(instance, .connectFailed)
        }
    }

    private func failed(_ instance: UpstreamInstance, _ code: ClientFailure.Code) {
        configuration.observer(.upstreamConnectFailed)
        if code == .connectTimeout { configuration.observer(.limited(reason: "upstream-connect")) }
        instance.isConnecting = false
        if machine.slots[instance.slot]?.isLeaving == true { return forgetIfGone(instance) }
        lastFailure = ClientFailure(code, provablyDidNoWork: true)
        let pause: Duration
        if instance.isLinked {
            instance.isCrowded = true
            pause = configuration.balance.rest.upperBound
        } else {
            if !machine.isAway(instance.slot) { configuration.observer(.unreachable(instance.name)) }
            pause = machine.connectFailed(instance.slot, using: &random)
            lookAgain()
        }
        let bound = NIOLoopBound((shard: self, instance: instance), eventLoop: executor.loop)
        executor.loop.scheduleTask(in: .nanoseconds(Int64(pause.nanosecondsClamped))) {
            bound.value.shard.rested(bound.value.instance)
        }
        wakeAll()
    }

    private func rested(_ instance: UpstreamInstance) {
        instance.isCrowded = false
        guard instances[instance.slot] === instance else { return }
        machine.rested(instance.slot)
        if !waiters.isEmpty { connectMissing() }
    }

    private func startSweeping() {
        guard timer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: executor.loop)
        timer = executor.loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.sweep()
        }
    }

    private func sweep() {
        let now = Deadline.now.nanoseconds
        var isEmpty = true
        for instance in instances {
            for connection in instance?.connections ?? [] {
                isEmpty = false
                connection.sweep(now: now)
            }
        }
        guard isEmpty else { return }
        timer?.cancel()
        timer = nil
    }
}

// What connections tell.
extension ClientPoolShard {
    /// The upstream's SETTINGS have come.
    func ready(_ instance: UpstreamInstance) {
        instance.isConnecting = false
        if machine.slots[instance.slot]?.isLeaving == true {
            instance.connections.forEach { $0.retire() }
        } else {
            if machine.isAway(instance.slot) { configuration.observer(.reachable(instance.name)) }
            machine.connected(instance.slot, now: Deadline.now.nanoseconds)
            becameReady(instance)
        }
        roomMayBe()
    }

    /// A connection takes no new call any more.
    func unlinked(_ instance: UpstreamInstance) {
        guard !instance.isLinked, machine.slots[instance.slot]?.link == .ready else { return }
        machine.disconnected(instance.slot)
        wakeIfNoneIsLeft()
    }

    /// Those who wait for a stream of an instance that gets no calls any more now wait for another, if they may.
    private func wakeIfNoneIsLeft() {
        if machine.candidates.isEmpty { wakeAll() }
    }

    func closed(_ connection: any ClientConnection) {
        let instance = connection.instance
        instance.connections.removeAll { $0 === connection }
        if !connection.isReady {
            failed(instance, connection.isLate ? .connectTimeout : .connectFailed)
        } else {
            // However many calls it carried: one fault.
            if !connection.endsInOrder, !isClosed {
                eject(instance, machine.blame(instance.slot, now: Deadline.now.nanoseconds))
            }
            unlinked(instance)
        }
        forgetIfGone(instance)
        // Where a connection is for one call at a time, another may take its place.
        roomMayBe()
    }

    /// One call is over.
    func ended(_ instance: UpstreamInstance, _ outcome: UpstreamMachine.Outcome) {
        if let duration = machine.ended(instance.slot, outcome, now: Deadline.now.nanoseconds) {
            eject(instance, duration)
        }
    }

    private func eject(_ instance: UpstreamInstance, _ duration: Duration?) {
        guard let duration else { return }
        wakeIfNoneIsLeft()
        configuration.observer(.ejected(instance.name))
        let bound = NIOLoopBound((shard: self, instance: instance), eventLoop: executor.loop)
        executor.loop.scheduleTask(in: .nanoseconds(Int64(duration.nanosecondsClamped))) {
            let (shard, instance) = bound.value
            guard shard.instances[instance.slot] === instance else { return }
            if shard.machine.ejectionOver(instance.slot, now: Deadline.now.nanoseconds) {
                shard.configuration.observer(.returned(instance.name))
            }
        }
    }
}
