import Contract

/// Something that happens in tests.
enum BeadThreaded: Topic {
    struct Payload: Sendable, Hashable {
        let string: String
        let bead: Int
    }
    static let producer = ServiceName.auth
    static let consumers = [ServiceName.user]
    static let payload = Shape(Payload.init, .body("string", \.string), .body("bead", \.bead))
    static func key(_ payload: Payload) -> String { payload.string }
    static let summary = "A bead is on its string."
}
