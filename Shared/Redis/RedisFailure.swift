/// Why a command gave no reply.
package struct RedisFailure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// There is no connection, or it was lost before the reply came.
        case unavailable
        /// No reply within the command's time.
        case timeout
        /// Redis answered with an error; `code` is its first word, as `WRONGTYPE`.
        case server(code: String)
        /// What came is not RESP2, is larger than allowed, or is not what the command returns.
        case protocolFault
        /// As many commands as allowed wait on the connection already.
        case tooManyInFlight
        /// The calling task was cancelled, or the call that it works for has no more time.
        case cancelled
    }

    package let kind: Kind
    /// Whether it is certain that the command had no effect, so that even a write may be sent again.
    package let provablyNotExecuted: Bool
    /// What Redis or the parser said, cut to `messageBytesMax`. It may quote arguments: never show it to a caller.
    package let message: String

    package static let messageBytesMax = 256

    package init(_ kind: Kind, provablyNotExecuted: Bool = false, message: String = "") {
        self.kind = kind
        self.provablyNotExecuted = provablyNotExecuted
        self.message = message
    }

    static func protocolFault(_ message: String) -> RedisFailure {
        RedisFailure(.protocolFault, message: message)
    }

    /// The error reply `line`, without its `-`.
    static func server(_ line: String) -> RedisFailure {
        let code = String(line.prefix { $0 != " " })
        return RedisFailure(
            .server(code: code), provablyNotExecuted: codesBeforeExecution.contains(code), message: line)
    }

    /// Codes that Redis answers before it starts a command or script.
    private static let codesBeforeExecution: Set<String> = [
        "BUSY", "LOADING", "MASTERDOWN", "NOAUTH", "NOPERM", "NOSCRIPT",
    ]

    package var isNoScript: Bool { kind == .server(code: "NOSCRIPT") }
}

extension RedisFailure: CustomStringConvertible {
    /// The kind, and why there is no connection; what Redis says to a command may quote its arguments.
    package var description: String {
        let effect = provablyNotExecuted ? ", not executed" : ""
        return switch kind {
        case .unavailable: "Redis unavailable\(effect)\(message.isEmpty ? "" : ": \(message)")"
        case .timeout: "Redis timeout\(effect)"
        case .server(let code): "Redis error \(code)\(effect)"
        case .protocolFault: "Redis protocol fault"
        case .tooManyInFlight: "too many Redis commands in flight"
        case .cancelled: "Redis command cancelled\(effect)"
        }
    }
}
