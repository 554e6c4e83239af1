internal import NIOCore
internal import Primitives
internal import Synchronization

/// One command between its caller and the connection: resumed exactly once, from whichever thread ends it first.
final class PendingReply: PipelinedCommand {
    typealias Outcome = Result<RedisReply, RedisFailure>

    private enum State {
        case unattached
        case waiting(CheckedContinuation<Outcome, Never>)
        case sent(CheckedContinuation<Outcome, Never>)
        case finished
    }

    let encoded: ByteBuffer
    let deadline: Deadline
    private let state = Mutex(State.unattached)

    init(_ arguments: RedisArguments, deadline: Deadline) {
        encoded = arguments.encoded()
        self.deadline = deadline
    }

    var byteCount: Int { encoded.readableBytes }

    /// Hands over who waits. False: cancelled before, and resumed.
    func attach(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let isWanted = state.withLock { state in
            guard case .unattached = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !isWanted { continuation.resume(returning: .failure(RedisFailure(.cancelled, provablyNotExecuted: true))) }
        return isWanted
    }

    /// Called just before the bytes go to the socket. False: nobody waits any more, so do not send.
    func beginSending() -> Bool {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return false }
            state = .sent(continuation)
            return true
        }
    }

    /// Ends the wait with `reply`, if it has not ended.
    func finish(_ reply: RedisReply) {
        let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            defer { state = .finished }
            return switch state {
            case .waiting(let continuation), .sent(let continuation): continuation
            case .unattached, .finished: nil
            }
        }
        continuation?.resume(returning: .success(reply))
    }

    /// Ends the wait with a failure, if it has not ended. Whether the command can have had an effect is known here.
    func fail(_ kind: RedisFailure.Kind, message: String = "") {
        let waiter: (continuation: CheckedContinuation<Outcome, Never>, isSent: Bool)? = state.withLock { state in
            defer { state = .finished }
            return switch state {
            case .waiting(let continuation): (continuation, false)
            case .sent(let continuation): (continuation, true)
            case .unattached, .finished: nil
            }
        }
        guard let waiter else { return }
        waiter.continuation.resume(
            returning: .failure(RedisFailure(kind, provablyNotExecuted: !waiter.isSent, message: message)))
    }
}
