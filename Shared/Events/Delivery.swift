internal import Contract
internal import Redis

/// One entry that the consumer was given and has not acknowledged.
struct Delivery: Sendable, Hashable {
    /// Which entry, among all streams.
    struct Place: Sendable, Hashable {
        let topic: String
        let id: StreamID
    }

    let place: Place
    let fields: [RedisField]
    let content: Result<Event, EventFault>
    /// How often it was given, this time included.
    let deliveries: Int

    init(_ entry: StreamEntry, topic: String, deliveries: Int) {
        place = Place(topic: topic, id: entry.id)
        fields = entry.fields
        self.deliveries = deliveries
        do throws(EventFault) {
            content = .success(try Event(entry, topic: topic))
        } catch {
            content = .failure(error)
        }
    }

    /// Deliveries of one lane are worked on one after the other. What cannot be read has a lane of its own.
    var lane: String {
        switch content {
        case .success(let event): "key \(event.facts.key)"
        case .failure: "entry \(place.topic) \(place.id)"
        }
    }
}
