/// A map of bounded size whose entries carry the moment from which they say nothing any more.
///
/// When it is full, the entry whose moment is earliest makes room: first what has expired, then what will soonest.
/// An indexed binary heap beside the dictionary makes every operation O(log n). Not thread-safe: it lives inside a
/// lock. Inlinable, so that it is compiled for each kind of key and value.
@usableFromInline package struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline struct Entry: Sendable {
        @usableFromInline let key: Key
        @usableFromInline var value: Value
        @usableFromInline var expiresUs: Int64
        /// Where this entry's slot number stands in `heap`.
        @usableFromInline var heapIndex: Int

        @inlinable init(key: Key, value: Value, expiresUs: Int64, heapIndex: Int) {
            self.key = key
            self.value = value
            self.expiresUs = expiresUs
            self.heapIndex = heapIndex
        }
    }

    @usableFromInline let entriesMax: Int
    /// How many expired entries an insertion throws out, so that memory follows use without a sweep.
    @inlinable static var expiredPerInsertion: Int { 2 }

    @usableFromInline var slotOfKey: [Key: Int] = [:]
    @usableFromInline var slots: [Entry] = []
    /// Slot numbers; each no later than its two children.
    @usableFromInline var heap: [Int] = []
    /// Entries that made room before their moment.
    @usableFromInline package var forgottenCount = 0

    @inlinable package init(entriesMax: Int) {
        self.entriesMax = max(1, entriesMax)
    }

    @inlinable package var count: Int { heap.count }

    /// The value of `key`, unless it has expired.
    @inlinable package func value(for key: Key, nowUs: Int64) -> Value? {
        guard let slot = slotOfKey[key], slots[slot].expiresUs > nowUs else { return nil }
        return slots[slot].value
    }

    /// Where the value of `key` stands until anything is stored or removed; nil where it is not known or has expired.
    @inlinable package func slot(of key: Key, nowUs: Int64) -> Int? {
        guard let slot = slotOfKey[key], slots[slot].expiresUs > nowUs else { return nil }
        return slot
    }

    /// The value in a slot, which is changed where it is.
    @inlinable package subscript(slot: Int) -> Value {
        _read { yield slots[slot].value }
        _modify { yield &slots[slot].value }
    }

    /// Gives the entry in a slot another moment from which it says nothing any more.
    @inlinable package mutating func setExpiry(_ expiresUs: Int64, of slot: Int) {
        slots[slot].expiresUs = expiresUs
        siftUp(slots[slot].heapIndex)
        siftDown(slots[slot].heapIndex)
    }

    /// Stores `value` until `expiresUs`, making room if needed. `nowUs` is on the same clock.
    @inlinable package mutating func store(_ value: Value, for key: Key, expiresUs: Int64, nowUs: Int64) {
        if let slot = slotOfKey[key] {
            slots[slot].value = value
            return setExpiry(expiresUs, of: slot)
        }
        var thrownOut = 0
        while thrownOut < Self.expiredPerInsertion, let first = heap.first, slots[first].expiresUs <= nowUs {
            remove(slot: first)
            thrownOut += 1
        }
        while heap.count >= entriesMax, let first = heap.first {
            if slots[first].expiresUs > nowUs { forgottenCount += 1 }
            remove(slot: first)
        }
        let slot = slots.count
        slots.append(Entry(key: key, value: value, expiresUs: expiresUs, heapIndex: heap.count))
        slotOfKey[key] = slot
        heap.append(slot)
        siftUp(heap.count - 1)
    }

    @inlinable package mutating func remove(_ key: Key) {
        if let slot = slotOfKey[key] { remove(slot: slot) }
    }

    /// Removes a slot, and moves the last slot into its place, so that the slots stay dense.
    @inlinable mutating func remove(slot: Int) {
        let hole = slots[slot].heapIndex
        let lastInHeap = heap.removeLast()
        if hole < heap.count {
            place(lastInHeap, at: hole)
            siftUp(hole)
            siftDown(slots[lastInHeap].heapIndex)
        }
        slotOfKey[slots[slot].key] = nil
        let moved = slots.removeLast()
        guard slot < slots.count else { return }
        slots[slot] = moved
        slotOfKey[moved.key] = slot
        heap[moved.heapIndex] = slot
    }

    @inlinable mutating func place(_ slot: Int, at index: Int) {
        heap[index] = slot
        slots[slot].heapIndex = index
    }

    @inlinable mutating func siftUp(_ start: Int) {
        var index = start
        let slot = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard slots[slot].expiresUs < slots[heap[parent]].expiresUs else { break }
            place(heap[parent], at: index)
            index = parent
        }
        place(slot, at: index)
    }

    @inlinable mutating func siftDown(_ start: Int) {
        var index = start
        let slot = heap[index]
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            let right = child + 1
            if right < heap.count, slots[heap[right]].expiresUs < slots[heap[child]].expiresUs { child = right }
            guard slots[heap[child]].expiresUs < slots[slot].expiresUs else { break }
            place(heap[child], at: index)
            index = child
        }
        place(slot, at: index)
    }
}

extension ExpiringTable where Key == RateKey, Value == Int64 {
    /// The theoretical arrival time of the demand's key. One further ahead than a whole bucket is cut to that for good,
    /// so that it passes as time goes on.
    mutating func arrivalUs(of demand: RateDemand, nowUs: Int64) -> Int64? {
        guard let tatUs = value(for: demand.key, nowUs: nowUs) else { return nil }
        let latestUs = nowUs + demand.limit.toleranceUs
        guard tatUs > latestUs else { return tatUs }
        store(latestUs, for: demand.key, expiresUs: latestUs, nowUs: nowUs)
        return latestUs
    }
}
