internal import HTTP
package import NIOCore
internal import Primitives

/// Which instance of an upstream takes the next call, and which are to be left alone: the balancer of one loop, without
/// a socket or a clock.
///
/// An instance has a slot for as long as it is known. It takes calls while it is *linked* (a connection to it is
/// ready), is not *ejected* (too many faults in a row) and was not found *unready* (its own word). Where that leaves
/// nobody, the last reason is let go first: a service that answers badly says more than a gateway that does not ask.
/// But a call waits for the first attempt to connect to one that nothing is held against, rather than go where
/// something is.
/// This, the pauses between attempts to connect, the bound on calls that wait and the retry budget are the circuit
/// breaker: what is broken gets no calls, and nothing piles up before it. How many requests may wait for an upstream in
/// all the edge bounds.
package struct UpstreamMachine: Sendable {
    package struct Settings: Sendable {
        /// Faults without a good answer between them that eject an instance.
        package var faultsInARowMax = 5
        /// How long the first ejection lasts; the n-th, n times as long.
        package var ejection: Duration = .seconds(30)
        package var ejectionFactorMax = 10
        /// Of the instances that are listed, so many per cent may be ejected at a time.
        package var ejectedPercentMax = 50
        /// The pause after a failed attempt to connect; doubles up to the upper bound.
        package var rest: ClosedRange<Duration> = .milliseconds(25)...(.milliseconds(500))
        /// Further addresses of a name are left out.
        package var instancesMax = 64

        package init() {}
    }

    /// The state of the way to an instance.
    package enum Link: Sendable, Equatable {
        /// No connection, and none was asked for.
        case none
        case connecting
        /// A connection is ready.
        case ready
        /// An attempt to connect has failed a moment ago.
        case resting
    }

    /// How a call ended, as far as the instance is to blame.
    package enum Outcome: Sendable {
        case good
        case fault
        /// Its caller gave it up or kept the instance waiting, or its connection ended, which counts once for all its
        /// calls.
        case unknown
    }

    package struct Instance: Sendable {
        package let address: SocketAddress
        package internal(set) var link = Link.none
        package internal(set) var isEjected = false
        /// The last word of the instance itself.
        package internal(set) var isReady = true
        /// No longer among the addresses: what is in flight may finish.
        package internal(set) var isLeaving = false
        var faultsInARow = 0
        var ejections = 0
        /// When the last ejection began or ended, monotonic nanoseconds.
        var ejectionChangedAt: UInt64 = 0
        var attemptsFailed = 0

        init(_ address: SocketAddress) { self.address = address }
    }

    let settings: Settings
    package private(set) var slots: [Instance?] = []
    /// Calls in flight by slot; apart, since every call counts here.
    package private(set) var calls: [Int] = []
    /// Slots that take calls now.
    package private(set) var candidates: [Int] = []
    /// Whether some instance that is known has no connection, and nobody has asked for one.
    package private(set) var wantsLinks = false
    /// Whether any instance has a fault to its name, so that good answers need to be told.
    private var hasFaults = false

    package init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    /// Slots of instances that are among the addresses.
    package var present: [Int] {
        slots.indices.filter { slots[$0].map { !$0.isLeaving } ?? false }
    }

    package func slot(of address: SocketAddress) -> Int? {
        slots.firstIndex { $0?.address == address }
    }
}

// Addresses come and go.
extension UpstreamMachine {
    /// Takes a new list of addresses in.
    ///
    /// - Returns: the slots that are new, and those whose instances are no longer listed.
    package mutating func resolved(_ addresses: [SocketAddress]) -> (new: [Int], leaving: [Int]) {
        var new: [Int] = []
        var listed = Set<Int>()
        for address in addresses where listed.count < settings.instancesMax {
            if let slot = slot(of: address) {
                // What was known of its health went with its name; the next round asks again.
                if slots[slot]?.isLeaving == true { slots[slot]?.isReady = true }
                slots[slot]?.isLeaving = false
                listed.insert(slot)
            } else if let slot = insert(Instance(address)) {
                new.append(slot)
                listed.insert(slot)
            }
        }
        var leaving: [Int] = []
        for slot in slots.indices where slots[slot]?.isLeaving == false && !listed.contains(slot) {
            slots[slot]?.isLeaving = true
            leaving.append(slot)
        }
        refresh()
        return (new, leaving)
    }

    /// Nil where those that leave take their time and every slot is taken.
    private mutating func insert(_ instance: Instance) -> Int? {
        if let free = slots.firstIndex(where: { $0 == nil }) {
            slots[free] = instance
            calls[free] = 0
            return free
        }
        guard slots.count < settings.instancesMax * 2 else { return nil }
        slots.append(instance)
        calls.append(0)
        return slots.count - 1
    }

    /// An instance that leaves has no connection any more: its slot is free.
    package mutating func left(_ slot: Int) {
        guard slots[slot]?.isLeaving == true else { return }
        slots[slot] = nil
        refresh()
    }
}

// Calls.
extension UpstreamMachine {
    /// The slot for the next call: of two at random the one with fewer calls. Nil where nobody takes any.
    ///
    /// - Parameter other: not this one, where there is another.
    package func choose(other: Int? = nil, using random: inout some RandomNumberGenerator) -> Int? {
        let count = candidates.count
        if count <= 1 { return candidates.first }
        let first = candidates[Int.random(in: 0..<count, using: &random)]
        // Uniform among the others.
        var index = Int.random(in: 0..<(count - 1), using: &random)
        if candidates[index] == first { index = count - 1 }
        let second = candidates[index]
        if first == other { return second }
        if second == other { return first }
        return calls[second] < calls[first] ? second : first
    }

    package mutating func started(_ slot: Int) { calls[slot] += 1 }

    /// - Returns: for how long the instance is ejected by this, nil where it is not.
    package mutating func ended(_ slot: Int, _ outcome: Outcome, now: @autoclosure () -> UInt64) -> Duration? {
        calls[slot] -= 1
        switch outcome {
        case .good:
            if hasFaults, slots[slot]?.faultsInARow != 0 { forgive(slot) }
            return nil
        case .fault: return blame(slot, now: now())
        case .unknown: return nil
        }
    }

    private mutating func forgive(_ slot: Int) {
        slots[slot]?.faultsInARow = 0
        hasFaults = slots.contains { ($0?.faultsInARow ?? 0) > 0 }
    }

    /// A fault that is the instance's. At most so many of the instances are ejected at a time.
    package mutating func blame(_ slot: Int, now: UInt64) -> Duration? {
        guard var instance = slots[slot], !instance.isLeaving, !instance.isEjected else { return nil }
        instance.faultsInARow += 1
        hasFaults = true
        defer { slots[slot] = instance }
        let present = present
        let ejected = present.count { slots[$0]?.isEjected == true }
        guard instance.faultsInARow >= settings.faultsInARowMax,
            (ejected + 1) * 100 <= present.count * settings.ejectedPercentMax
        else { return nil }
        let calm = now &- instance.ejectionChangedAt
        let lasted = (settings.ejection * instance.ejections).nanosecondsClamped
        // As long in service as it was out of it: the past is forgotten.
        if instance.ejections > 0, calm > lasted { instance.ejections = 0 }
        instance.ejections = min(instance.ejections + 1, settings.ejectionFactorMax)
        instance.isEjected = true
        instance.ejectionChangedAt = now
        instance.faultsInARow = 0
        slots[slot] = instance
        refresh()
        return settings.ejection * instance.ejections
    }
}

// Connections, ejections and health change.
extension UpstreamMachine {
    /// Whether the last attempt to connect has failed.
    package func isAway(_ slot: Int) -> Bool { (slots[slot]?.attemptsFailed ?? 0) > 0 }

    package mutating func connecting(_ slot: Int) { set(slot, .connecting) }

    /// A connection is ready. An instance that was away before is another process, or itself again.
    package mutating func connected(_ slot: Int, now: UInt64) {
        if let failed = slots[slot]?.attemptsFailed, failed > 0 { restore(slot, now: now) }
        slots[slot]?.attemptsFailed = 0
        set(slot, .ready)
    }

    /// - Returns: the pause, at whose end `rested` is due.
    package mutating func connectFailed(_ slot: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let failed = slots[slot]?.attemptsFailed ?? 0
        slots[slot]?.attemptsFailed = failed + 1
        set(slot, .resting)
        let pause = min(settings.rest.lowerBound * (1 << min(failed, 20)), settings.rest.upperBound)
        return pause * Double.random(in: 0.5...1, using: &random)
    }

    package mutating func rested(_ slot: Int) {
        if slots[slot]?.link == .resting { set(slot, .none) }
    }

    /// No pause is waited for.
    package mutating func restedAll() {
        for slot in slots.indices { rested(slot) }
    }

    /// The last connection that was ready is gone, or takes no new call.
    package mutating func disconnected(_ slot: Int) { set(slot, .none) }

    /// - Returns: whether this changed anything.
    @discardableResult
    package mutating func heard(_ slot: Int, isReady: Bool, now: UInt64) -> Bool {
        guard let instance = slots[slot], instance.isReady != isReady else { return false }
        slots[slot]?.isReady = isReady
        if isReady { restore(slot, now: now) }
        refresh()
        return true
    }

    /// The time of an ejection is over.
    ///
    /// - Returns: whether the instance was still ejected.
    package mutating func ejectionOver(_ slot: Int, now: UInt64) -> Bool {
        guard let instance = slots[slot], instance.isEjected else { return false }
        let lasts = (settings.ejection * instance.ejections).nanosecondsClamped
        guard now &- instance.ejectionChangedAt >= lasts else { return false }
        restore(slot, now: now)
        return true
    }

    private mutating func restore(_ slot: Int, now: UInt64) {
        slots[slot]?.faultsInARow = 0
        if slots[slot]?.isEjected == true {
            slots[slot]?.isEjected = false
            slots[slot]?.ejectionChangedAt = now
        }
        refresh()
    }

    private mutating func set(_ slot: Int, _ link: Link) {
        guard slots[slot] != nil, slots[slot]?.link != link else { return }
        slots[slot]?.link = link
        refresh()
    }

    /// Whether an instance may soon be linked that is neither ejected nor unready.
    private var isBetterComing: Bool {
        present.contains { slot in
            guard let instance = slots[slot], instance.attemptsFailed == 0 else { return false }
            return instance.link != .ready && !instance.isEjected && instance.isReady
        }
    }

    private mutating func refresh() {
        let linked = present.filter { slots[$0]?.link == .ready }
        let accepted = linked.filter { slots[$0]?.isEjected == false }
        let best = accepted.filter { slots[$0]?.isReady == true }
        if best.isEmpty {
            candidates = isBetterComing ? [] : accepted.isEmpty ? linked : accepted
        } else {
            candidates = best
        }
        wantsLinks = present.contains { slots[$0]?.link == Link.none }
        hasFaults = slots.contains { ($0?.faultsInARow ?? 0) > 0 }
    }
}
