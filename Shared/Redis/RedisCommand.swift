/// A command is a type: its values are what is sent, its `Reply` is what comes back.
package protocol RedisCommand: Sendable {
    associatedtype Reply: Sendable
    /// Whether the command changes nothing, so that it may be sent a second time when a connection is lost.
    static var isReadOnly: Bool { get }
    /// The command's name and arguments.
    func encode() -> RedisArguments
    /// Reads a reply that is not an error.
    func decode(_ reply: RedisReply) throws(RedisFailure) -> Reply
}
