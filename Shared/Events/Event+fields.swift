internal import Contract
internal import Primitives
internal import Redis

// An event as a stream entry. The format is final: other releases read it.

extension Event {
    /// Names and values in turn; a request id that there is none of is empty.
    var texts: [String] {
        [
            "id", facts.id.description, "version", String(facts.version), "sequence", String(facts.sequence),
            "key", facts.key, "request", facts.requestID ?? "", "at", String(facts.createdAt.microseconds),
            "payload", String(decoding: payload, as: UTF8.self),
        ]
    }

    /// How many texts there are of each event.
    static let textCount = 14

    init(_ entry: StreamEntry, topic: String) throws(EventFault) {
        func text(_ name: String) throws(EventFault) -> String {
            guard let text = entry.text(name) else { throw EventFault("the entry has no \(name)") }
            return text
        }
        func number(_ name: String) throws(EventFault) -> Int {
            guard let number = Int(try text(name)) else { throw EventFault("the entry's \(name) is no number") }
            return number
        }
        guard let id = EventID(try text("id")) else { throw EventFault("the entry's id is none") }
        let request = try text("request")
        self.init(
            facts: EventFacts(
                id: id, topic: topic, version: try number("version"), sequence: try number("sequence"),
                key: try text("key"), requestID: request.isEmpty ? nil : request,
                createdAt: Timestamp(microseconds: Int64(try number("at")))),
            payload: Array(try text("payload").utf8))
    }
}
