internal import Primitives

/// What two processes say to each other when the listening sockets of one go over to the other: each message is one
/// packet of a SOCK_SEQPACKET socket, in ASCII words. The successor speaks first.
enum HandoverMessage: Equatable, Sendable, CustomStringConvertible {
    /// The versions of these messages: in the first, nothing but sockets goes over. A process that speaks none of them
    /// hands nothing over.
    static let versions = 1...2
    /// Sockets in one message: the kernel takes 253.
    static let socketsMax = 64
    /// Bytes of one message.
    static let bytesMax = 4096

    /// The successor: it wants the sockets.
    case claim(version: Int)
    /// The predecessor: what each of the descriptors that come along is for, and whether more follow.
    case sockets(roles: [String], isLast: Bool)
    /// The predecessor, behind the last sockets, to those who asked in version 2: what else its successor is to know.
    case memory([UInt8])
    /// The predecessor: it hands nothing over, and why.
    case refused(reason: String)
    /// The successor: it could accept now.
    case ready
    /// The predecessor: it accepts no connection for a moment, in which they queue.
    case paused
    /// The successor: it accepts.
    case serving
    /// The predecessor: it goes.
    case released

    var bytes: [UInt8] {
        let text =
            switch self {
            case .claim(let version): "claim \(version)"
            case .sockets(let roles, let isLast):
                (["sockets", isLast ? "last" : "more"] + roles).joined(separator: " ")
            case .memory(let bytes): "memory \(Hex.encode(bytes))"
            case .refused(let reason): "refused \(reason)"
            case .ready: "ready"
            case .paused: "paused"
            case .serving: "serving"
            case .released: "released"
            }
        return Array(text.utf8.prefix(Self.bytesMax))
    }

    /// Nil where the bytes are none of these messages.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.bytesMax, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        switch (words.first, words.dropFirst()) {
        case ("claim", let rest):
            guard rest.count == 1, let version = rest.first.flatMap({ Int($0) }) else { return nil }
            self = .claim(version: version)
        case ("sockets", let rest):
            guard let mark = rest.first, mark == "last" || mark == "more" else { return nil }
            let roles = rest.dropFirst().map(String.init)
            guard roles.count <= Self.socketsMax, !roles.contains("") else { return nil }
            self = .sockets(roles: roles, isLast: mark == "last")
        case ("memory", let rest):
            guard rest.count == 1, let bytes = rest.first.flatMap({ Hex.decode(String($0)) }) else { return nil }
            self = .memory(bytes)
        case ("refused", let rest): self = .refused(reason: rest.joined(separator: " "))
        case (.some(let word), let rest) where rest.isEmpty:
            guard let message = Self.single[String(word)] else { return nil }
            self = message
        default: return nil
        }
    }

    /// Why a successor of another version is refused. A newer one looks for these very words.
    static func refusal(speaking version: Int) -> String { "it speaks version \(version) of the hand-over" }

    /// For logs: what a successor is to know stays between the two.
    var description: String {
        if case .memory = self { return "memory" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let single: [String: HandoverMessage] = [
        "ready": .ready, "paused": .paused, "serving": .serving, "released": .released,
    ]
}
