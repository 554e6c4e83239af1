package import HTTP
package import NIOCore
package import Primitives

/// One request that is complete, and what may be done to have it answered.
package struct ClientCall: Sendable {
    /// When a call may be sent again that an instance may have begun. Any call may that has provably not begun.
    package enum Repetition: Sendable {
        case never
        /// It changes nothing, or the same thing again.
        case safe
        /// It carries a key by which the upstream knows it again. Where the first attempt is not quite dead yet, the
        /// upstream says 409 to the second, which then comes once more.
        case keyed
    }

    package var head: RequestHead
    package var body: ByteBuffer?
    /// Fields behind the body.
    package var trailers: HeaderFields?
    package var deadline: Deadline
    package var repetition: Repetition
    /// How long it waits while no instance takes calls; zero fails at once, as does what may not be repeated.
    package var patience: Duration

    package init(
        _ head: RequestHead, body: ByteBuffer? = nil, deadline: Deadline, repetition: Repetition = .never,
        patience: Duration = .zero
    ) {
        self.head = head
        self.body = body
        self.deadline = deadline
        self.repetition = repetition
        self.patience = repetition == .never ? .zero : patience
    }

    /// Time has passed since the call was made: tells the upstream how much is left, where it is told at all.
    ///
    /// - Parameter field: the field that tells it.
    package mutating func stampDeadline(in field: String?) {
        guard let field, head.fields.contains(field) else { return }
        head.fields.set(field, String(deadline.remaining.wholeMilliseconds))
    }
}

/// An answer whose head has come.
package struct ClientAnswer: Sendable {
    package let head: ResponseHead
    /// All of it, where it was read; else it is to be read from the exchange.
    package let body: ByteBuffer?
    package let exchange: ClientExchange

    package init(head: ResponseHead, body: ByteBuffer? = nil, exchange: ClientExchange) {
        self.head = head
        self.body = body
        self.exchange = exchange
    }
}

/// How much of an answer belongs to the attempt: what fails before that may be repeated.
package enum AnswerReading: Sendable {
    /// The head, and a body that is declared to be no larger.
    case declared(bytesMax: Int)
    /// The head and the body; a larger one is a failure.
    case whole(bytesMax: Int)
}
