/// Deliveries in hand, sorted into lanes: those of one key wait for each other, different keys do not. Pure.
struct LaneTable {
    private var waiting: [String: ArraySlice<Delivery>] = [:]
    private var inHand: Set<Delivery.Place> = []

    enum Addition: Hashable {
        /// It is in hand already.
        case known
        /// It waits behind others of its key.
        case queued
        /// It is the first of its lane: somebody has to work on the lane.
        case startsLane
    }

    /// Deliveries that wait or are worked on.
    var count: Int { inHand.count }

    mutating func add(_ delivery: Delivery) -> Addition {
        guard inHand.insert(delivery.place).inserted else { return .known }
        if waiting[delivery.lane] != nil {
            waiting[delivery.lane]?.append(delivery)
            return .queued
        }
        waiting[delivery.lane] = [delivery]
        return .startsLane
    }

    /// What the lane is to work on next; nil closes it.
    mutating func next(in lane: String) -> Delivery? {
        guard let delivery = waiting[lane]?.popFirst() else {
            waiting[lane] = nil
            return nil
        }
        return delivery
    }

    /// The delivery is settled, or given up without being acknowledged.
    mutating func finish(_ delivery: Delivery) {
        inHand.remove(delivery.place)
    }
}
