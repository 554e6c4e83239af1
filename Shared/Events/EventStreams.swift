/// The names of what Redis holds of topics.
package struct EventStreams: Sendable, Hashable {
    /// Stands before every name; tests keep apart by it.
    package let prefix: String

    package init(prefix: String = "causeway:events:") {
        self.prefix = prefix
    }

    package func stream(_ topic: String) -> String { prefix + topic }

    /// Where what could not take effect is put aside.
    package func deadLetters(_ topic: String) -> String { "\(prefix)\(topic):dead" }

    /// The mark that is written when the stream is begun, and is gone when Redis was emptied.
    func mark(_ topic: String) -> String { "\(prefix)\(topic):mark" }

    func topic(ofStream name: String) -> String { String(name.dropFirst(prefix.count)) }
}
