internal import NIOCore
internal import Primitives

/// What the pipeline must know of a command.
protocol PipelinedCommand: Sendable {
    var deadline: Deadline { get }
    var byteCount: Int { get }
}

/// The rules of one pipelined connection, without I/O: events in, actions out.
///
/// ```
///            submit                connected              handshake answered
///   idle ───────────▶ connecting ───────────▶ handshaking ──────────────────▶ ready
///                      ▲    │ failed              │ lost                       │ lost
///                      │    ▼                     ▼                            ▼
///                      └── pausing ◀──────────────┴───────── (connects at once, no pause)
/// ```
/// Commands are held while a first attempt to connect is under way, and refused at once after it failed, until a
/// later attempt succeeds: a caller never waits for a server that is known to be gone.
struct PipelineMachine<Command: PipelinedCommand> {
    enum Phase: Hashable {
        case idle, connecting, handshaking, ready, pausing, closed
    }

    enum Submission: Hashable {
        /// Send it now, and say so with `sent`.
        case send
        /// It is held until the connection is ready.
        case hold
        /// It is held; connect.
        case connect
        case refuse(RedisFailure.Kind)
    }

    enum Receipt {
        case handshake
        /// The server does not want us, or not yet: close the connection.
        case refused
        /// The handshake is complete: submit what was held again, in order.
        case ready([Command])
        case reply(Command)
        /// Nobody asked.
        case unexpected
    }

    struct Loss {
        /// Commands that end with `.unavailable`.
        let failed: [Command]
        /// Connect after this many failed attempts: 0 at once. Nil: never again.
        let reconnectAttempt: Int?
    }

    struct Sweep {
        let expired: [Command]
        /// When to look again.
        let next: Deadline?
        /// The server has said nothing for too long: close the connection.
        let isStalled: Bool
    }

    private(set) var phase = Phase.idle
    private let inFlightMax: Int
    private let inFlightBytesMax: Int
    private let stallTimeout: Duration
    private var held = CircularBuffer<Command>()
    private var inFlight = CircularBuffer<Command>()
    private var bytes = 0
    private var handshakeRepliesLeft = 0
    private var failedAttempts = 0
    /// Whether this connection has answered a command: one that never did is not worth a new attempt at once.
    private var hasReplied = false
    /// Since when commands wait while nothing comes.
    private var silentSince = Deadline(nanoseconds: 0)

    init(inFlightMax: Int, inFlightBytesMax: Int, stallTimeout: Duration) {
        self.inFlightMax = inFlightMax
        self.inFlightBytesMax = inFlightBytesMax
        self.stallTimeout = stallTimeout
    }

    var waitingCount: Int { held.count + inFlight.count }

    mutating func submit(_ command: Command) -> Submission {
        switch phase {
        case .closed, .pausing: return .refuse(.unavailable)
        case .connecting, .handshaking: if failedAttempts > 0 { return .refuse(.unavailable) }
        case .idle, .ready: break
        }
        guard waitingCount < inFlightMax, bytes + command.byteCount <= inFlightBytesMax else {
            return .refuse(.tooManyInFlight)
        }
        guard phase != .ready else { return .send }
        held.append(command)
        bytes += command.byteCount
        guard phase == .idle else { return .hold }
        phase = .connecting
        return .connect
    }

    /// A command that `submit` said to send is on its way.
    mutating func sent(_ command: Command, now: Deadline) {
        if inFlight.isEmpty { silentSince = now }
        inFlight.append(command)
        bytes += command.byteCount
    }

    /// The socket is connected, and `handshakeReplies` replies to our own commands will come first.
    mutating func connected(handshakeReplies: Int, now: Deadline) {
        guard phase == .connecting else { return }
        phase = .handshaking
        handshakeRepliesLeft = handshakeReplies
        silentSince = now
    }

    /// A reply came; an error ends the handshake, and what is held fails when the connection is then `lost`.
    mutating func received(isError: Bool = false, now: Deadline) -> Receipt {
        silentSince = now
        if phase == .handshaking {
            guard !isError else { return .refused }
            handshakeRepliesLeft -= 1
            guard handshakeRepliesLeft == 0 else { return .handshake }
            phase = .ready
            hasReplied = false
            let ready = Array(held)
            for command in ready { bytes -= command.byteCount }
            held.removeAll()
            return .ready(ready)
        }
        guard let command = inFlight.popFirst() else { return .unexpected }
        failedAttempts = 0
        hasReplied = true
        bytes -= command.byteCount
        return .reply(command)
    }

    /// The connection, or the attempt to make one, is gone.
    mutating func lost() -> Loss {
        guard phase != .closed else { return Loss(failed: takeAll(), reconnectAttempt: nil) }
        if phase == .ready, hasReplied {
            // It worked until now. What was sent is lost; new commands wait for the first attempt.
            let failed = takeAll()
            phase = .connecting
            return Loss(failed: failed, reconnectAttempt: 0)
        }
        failedAttempts += 1
        phase = .pausing
        return Loss(failed: takeAll(), reconnectAttempt: failedAttempts)
    }

    /// The pause is over. False: closed meanwhile.
    mutating func resume() -> Bool {
        guard phase == .pausing else { return false }
        phase = .connecting
        return true
    }

    /// Everything that waits, to be failed.
    mutating func close() -> [Command] {
        phase = .closed
        return takeAll()
    }

    /// Which commands have run out of time. They keep their places: their replies may still come.
    func sweep(now: Deadline) -> Sweep {
        var expired: [Command] = []
        var next: Deadline?
        for queue in [held, inFlight] {
            for command in queue {
                if command.deadline <= now {
                    expired.append(command)
                } else {
                    next = min(next ?? command.deadline, command.deadline)
                }
            }
        }
        guard !inFlight.isEmpty else { return Sweep(expired: expired, next: next, isStalled: false) }
        let stall = silentSince.advanced(by: stallTimeout)
        return Sweep(expired: expired, next: min(next ?? stall, stall), isStalled: stall <= now)
    }

    private mutating func takeAll() -> [Command] {
        let all = Array(inFlight) + Array(held)
        inFlight.removeAll()
        held.removeAll()
        bytes = 0
        return all
    }
}
