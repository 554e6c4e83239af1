/// Pauses between attempts: doubling, and each a random part from a half to the whole, so that many processes do not
/// come back at once.
struct Backoff {
    private let range: ClosedRange<Duration>

    init(_ range: ClosedRange<Duration>) {
        self.range = range
    }

    /// The pause after `attempt` failures, the first being 1.
    func pause(attempt: Int) -> Duration {
        let doublings = min(max(attempt - 1, 0), 20)
        let whole = min(range.lowerBound * (1 << doublings), range.upperBound)
        return whole * Double.random(in: 0.5...1)
    }
}
