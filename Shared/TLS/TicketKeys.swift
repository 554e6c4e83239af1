internal import COpenSSL
package import Primitives
internal import Synchronization

/// The keys that seal session tickets (RFC 5077, section 5.5). All contexts that follow each other have the same, so
/// that a ticket opens on every loop and after a reload.
///
/// A key seals for one period. Those of the two periods before it still open what they have sealed, which is as long as
/// a ticket lives; then they are forgotten, and with them whatever somebody may have recorded.
package final class TicketKeys: Sendable {
    struct Key {
        let name: [UInt8]
        let cipher: [UInt8]
        let mac: [UInt8]
        let madeAt: Deadline
    }

    static let nameBytes = 16
    fileprivate static let keyBytes = 32
    /// The present key, and those that still open.
    private static let keysMax = 3

    private let period: Duration
    /// How old a key may be that seals, and one that opens.
    private let sealingNanoseconds: UInt64
    private let openingNanoseconds: UInt64
    private let now: @Sendable () -> Deadline
    /// The present one first.
    private let keys = Mutex<[Key]>([])

    /// How long a ticket may be used.
    package var lifetime: Duration { period * 2 }

    /// - Parameter period: after which a new key seals; whole seconds.
    package init(period: Duration = .seconds(3600), now: @escaping @Sendable () -> Deadline = { .now }) {
        precondition(period >= .seconds(1), "a period of no length")
        self.period = period
        sealingNanoseconds = UInt64(clamping: period.wholeNanoseconds)
        openingNanoseconds = UInt64(clamping: (period * Self.keysMax).wholeNanoseconds)
        self.now = now
    }

    /// The key that new tickets are sealed with; nil where the system has no random bytes.
    func sealing() -> Key? {
        let now = now()
        return keys.withLock { keys in
            forget(&keys, now)
            if let present = keys.first, !isOlder(present, than: sealingNanoseconds, now) { return present }
            guard let fresh = Self.make(at: now) else { return keys.first }
            keys.insert(fresh, at: 0)
            return fresh
        }
    }

    /// The key called `name`, if it still opens, and whether it seals no more.
    func opening(_ name: [UInt8]) -> (key: Key, isOld: Bool)? {
        let now = now()
        return keys.withLock { keys in
            forget(&keys, now)
            guard let index = keys.firstIndex(where: { $0.name == name }) else { return nil }
            return (keys[index], index > 0 || isOlder(keys[index], than: sealingNanoseconds, now))
        }
    }

    /// Every key that still opens, for another process of this machine that goes on in place of this one.
    package var inherited: Secret<[UInt8]> {
        let now = now()
        return keys.withLock { keys in
            forget(&keys, now)
            return Secret(keys.flatMap(\.bytes))
        }
    }

    /// Takes over what `inherited` of another process gave; nothing of it where it makes no sense. Before the first
    /// ticket is sealed here.
    package func inherit(_ bytes: Secret<[UInt8]>) {
        let all = bytes.exposedValue
        guard !all.isEmpty, all.count % Key.bytes == 0, all.count <= Self.keysMax * Key.bytes else { return }
        let now = now()
        let older = stride(from: 0, to: all.count, by: Key.bytes).map { Key(all[$0..<$0 + Key.bytes], now: now) }
        keys.withLock { keys in
            guard keys.isEmpty else { return }
            keys = older
            forget(&keys, now)
        }
    }

    private func forget(_ keys: inout [Key], _ now: Deadline) {
        while let oldest = keys.last, keys.count > Self.keysMax || isOlder(oldest, than: openingNanoseconds, now) {
            keys.removeLast()
        }
    }

    private func isOlder(_ key: Key, than age: UInt64, _ now: Deadline) -> Bool {
        now >= key.madeAt && now.nanoseconds - key.madeAt.nanoseconds >= age
    }

    private static func make(at now: Deadline) -> Key? {
        var bytes = [UInt8](repeating: 0, count: nameBytes + 2 * keyBytes)
        guard unsafe RAND_bytes(&bytes, Int32(bytes.count)) == 1 else { return nil }
        return Key(
            name: Array(bytes[..<nameBytes]), cipher: Array(bytes[nameBytes..<nameBytes + keyBytes]),
            mac: Array(bytes[(nameBytes + keyBytes)...]), madeAt: now)
    }
}

extension TicketKeys.Key {
    /// Name, two keys, and the age's beginning.
    fileprivate static let bytes = TicketKeys.nameBytes + 2 * TicketKeys.keyBytes + 8

    fileprivate var bytes: [UInt8] {
        name + cipher + mac
            + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: madeAt.nanoseconds >> $0) }
    }

    /// - Parameters:
    ///   - bytes: `Key.bytes` of them.
    ///   - now: processes of one machine have one monotonic clock, so that no key is of the future.
    fileprivate init(_ bytes: ArraySlice<UInt8>, now: Deadline) {
        var rest = bytes
        func take(_ count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        name = take(TicketKeys.nameBytes)
        cipher = take(TicketKeys.keyBytes)
        mac = take(TicketKeys.keyBytes)
        madeAt = min(now, Deadline(nanoseconds: rest.reduce(0) { $0 << 8 | UInt64($1) }))
    }
}
