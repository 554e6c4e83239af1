internal import HTTP
internal import Primitives
internal import Synchronization

/// `Date` of an answer (RFC 9110, section 6.6.1): the edge's own clock, since what passes here gets it here.
enum DateField {
    static let name = "date"

    /// What all answers of one second share.
    private struct Second {
        let number: Int64
        let text: String
        /// The fields of `SecurityHeaders`, each with the date behind them.
        let common: HeaderFields
        let api: HeaderFields

        init(_ time: Timestamp) {
            number = time.seconds
            text = time.httpDate
            common = Self.fields(SecurityHeaders.common, text)
            api = Self.fields(SecurityHeaders.api, text)
        }

        private static func fields(_ fields: HeaderFields, _ text: String) -> HeaderFields {
            var fields = fields
            fields.append(name, text)
            return fields
        }
    }

    private static let latest = Mutex(Second(.now))

    static func text(at time: Timestamp = .now) -> String { read(time) { $0.text } }

    /// `SecurityHeaders.common` with the date.
    static func common(at time: Timestamp) -> HeaderFields { read(time) { $0.common } }

    /// `SecurityHeaders.api` with the date.
    static func api(at time: Timestamp) -> HeaderFields { read(time) { $0.api } }

    private static func read<Part: Sendable>(_ time: Timestamp, _ part: (borrowing Second) -> Part) -> Part {
        latest.withLock { latest in
            if latest.number != time.seconds { latest = Second(time) }
            return part(latest)
        }
    }
}
