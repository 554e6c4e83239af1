import Contract
import Primitives
import Redis
import TestKit
import Testing

@testable import Events

@Suite struct LaneTableTests {
    private static func delivery(_ key: String, _ number: UInt64) -> Delivery {
        let facts = EventFacts(
            id: .make(), topic: "t", version: 1, sequence: Int(number), key: key, requestID: "r", createdAt: .now)
        let texts = Event(facts: facts, payload: Array("{}".utf8)).texts
        let fields = stride(from: 0, to: texts.count, by: 2).map { RedisField(texts[$0], texts[$0 + 1]) }
        let entry = StreamEntry(id: StreamID(milliseconds: number, sequence: 0), fields: fields)
        return Delivery(entry, topic: "t", deliveries: 1)
    }

    @Test func aLaneIsWorkedOnInOrderAndByOne() {
        var table = LaneTable()
        let first = Self.delivery("a", 1)
        let second = Self.delivery("a", 2)
        #expect(table.add(first) == .startsLane)
        #expect(table.add(second) == .queued)
        #expect(table.add(first) == .known)
        #expect(table.add(Self.delivery("b", 3)) == .startsLane)
        #expect(table.count == 3)
        #expect(table.next(in: first.lane) == first)
        // It is worked on, and so in hand still.
        #expect(table.add(first) == .known)
        table.finish(first)
        #expect(table.next(in: first.lane) == second)
        let third = Self.delivery("a", 4)
        #expect(table.add(third) == .queued)
        table.finish(second)
        #expect(table.next(in: first.lane) == third)
        table.finish(third)
        #expect(table.next(in: first.lane) == nil)
        #expect(table.add(Self.delivery("a", 5)) == .startsLane)
    }

    @Test func anEventComesBackFromItsEntry() throws {
        let facts = EventFacts(
            id: .make(), topic: "t", version: 3, sequence: 7, key: "ü", requestID: nil, createdAt: .now)
        let event = Event(facts: facts, payload: Array(#"{"a":"ü"}"#.utf8))
        let texts = event.texts
        #expect(texts.count == Event.textCount)
        let fields = stride(from: 0, to: texts.count, by: 2).map { RedisField(texts[$0], texts[$0 + 1]) }
        let entry = StreamEntry(id: .zero, fields: fields)
        #expect(try Event(entry, topic: "t") == event)
        for index in fields.indices {
            var broken = fields
            broken.remove(at: index)
            #expect(throws: EventFault.self) { try Event(StreamEntry(id: .zero, fields: broken), topic: "t") }
        }
    }

    @Test func deliveriesOfSeveralStreamsAreSortedByTheirTime() {
        let deliveries = [Self.delivery("a", 3), Self.delivery("a", 1), Self.delivery("b", 2)]
        #expect(EventConsumer.inOrder(deliveries).map(\.place.id.milliseconds) == [1, 2, 3])
    }

    @Test func aTurnstileLetsSoManyInAtATime() async {
        let turnstile = Turnstile(places: 2)
        let inside = Collected<Int>()
        await withDiscardingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    await turnstile.pass {
                        inside.append(1)
                        await Task.yield()
                        let now = inside.all.reduce(0, +)
                        #expect(now <= 2)
                        inside.append(-1)
                    }
                }
            }
        }
        #expect(inside.all.count == 40)
    }
}
