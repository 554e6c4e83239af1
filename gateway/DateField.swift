internal import HTTP
internal import Primitives
internal import Synchronization

/// `Date` of an answer (RFC 9110, section 6.6.1): the edge's own clock, since what passes here gets it here.
enum DateField {
    static let name = "date"

    /// The text of one second, which all answers of that second share.
    private static let latest = Mutex<(second: Int64, text: String)>((.min, ""))

    static func text(at time: Timestamp = .now) -> String {
        latest.withLock { latest in
            if latest.second != time.seconds { latest = (time.seconds, time.httpDate) }
            return latest.text
        }
    }
}
