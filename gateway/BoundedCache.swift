internal import Synchronization

/// A map that forgets what was not used lately, so that it never holds more than `entriesMax`.
///
/// Two generations: new entries and those that are looked up go to the young one; when it is full it becomes the old
/// one, and what the old one held is forgotten. Every operation takes constant time. Whether an entry is still good is
/// for its user to say.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Generations {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
    }

    private let generations = Mutex(Generations())
    private let youngMax: Int

    init(entriesMax: Int) {
        youngMax = max(1, entriesMax / 2)
    }

    var count: Int { generations.withLock { $0.young.count + $0.old.count } }

    subscript(key: Key) -> Value? {
        generations.withLock { generations in
            if let value = generations.young[key] { return value }
            guard let value = generations.old.removeValue(forKey: key) else { return nil }
            insert(value, key, &generations)
            return value
        }
    }

    func store(_ value: Value, for key: Key) {
        generations.withLock { generations in
            generations.old[key] = nil
            insert(value, key, &generations)
        }
    }

    func remove(_ key: Key) {
        generations.withLock { generations in
            generations.young[key] = nil
            generations.old[key] = nil
        }
    }

    private func insert(_ value: Value, _ key: Key, _ generations: inout Generations) {
        if generations.young.count >= youngMax, generations.young[key] == nil {
            generations.old = generations.young
            generations.young = [:]
        }
        generations.young[key] = value
    }
}
