internal import Contract
internal import Synchronization

/// Where one request waits for another's fill. Whoever takes it out of the machine tells it how that went, so that it
/// is told once.
final class FillWaiter: Sendable {
    enum Word: Sendable {
        case answer(StoredAnswer)
        /// The answer is not kept: ask yourself.
        case pass
        case failed(Problem)
        /// Whoever asked is gone: ask for all.
        case heir(FillTicket)
        /// Your own client is gone.
        case left
    }

    private enum State {
        case new
        case waiting(CheckedContinuation<Word, Never>)
        case told(Word)
        case over
    }

    private let state = Mutex(State.new)

    func wait() async -> Word {
        await withCheckedContinuation { continuation in
            let word = state.withLock { state -> Word? in
                guard case .told(let word) = state else {
                    state = .waiting(continuation)
                    return nil
                }
                state = .over
                return word
            }
            if let word { continuation.resume(returning: word) }
        }
    }

    func tell(_ word: Word) {
        let continuation = state.withLock { state -> CheckedContinuation<Word, Never>? in
            switch state {
            case .new:
                state = .told(word)
                return nil
            case .waiting(let continuation):
                state = .over
                return continuation
            case .told, .over: return nil
            }
        }
        continuation?.resume(returning: word)
    }
}
