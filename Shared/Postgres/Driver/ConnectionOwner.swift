/// The pool that a connection works for.
protocol ConnectionOwner: AnyObject {
    var tally: Tally { get }
    func connectionIsReady(_ connection: Connection)
    /// An answer came, so that another statement may be sent.
    func connectionHasRoom(_ connection: Connection)
    /// The connection is gone, or never came up. Its statements have been failed.
    func connectionEnded(_ connection: Connection)
    /// The statement never ran: the connection had forgotten it.
    func resubmit(_ request: Request)
    func connectionNotified(channel: String, payload: String)
}

extension ConnectionOwner {
    func connectionNotified(channel: String, payload: String) {}
}
