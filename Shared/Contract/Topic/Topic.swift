/// One kind of event, as a type: what happened, told to whoever needs to know once it is committed.
///
/// A member that may be left out can be added to a version's payload; any other change is a new version, which is a
/// type of its own with the same name. A consumer that does not know a version puts its events aside.
package protocol Topic: Sendable {
    associatedtype Payload: Sendable

    /// In kebab-case, a past tense. The default is the type's name: `AccountRegistered` is `account-registered`.
    static var name: String { get }
    /// From 1, which is the default.
    static var version: Int { get }
    static var producer: ServiceName { get }
    /// Those whose confirmation an event needs.
    static var consumers: [ServiceName] { get }
    /// Fields of the body only.
    static var payload: Shape<Payload> { get }
    /// The subject's id: its events of one topic take effect in the order in which they were appended.
    static func key(_ payload: Payload) -> String
    /// One line for people.
    static var summary: String { get }
}

extension Topic {
    package static var name: String { kebabCase(String(describing: Self.self)) }
    package static var version: Int { 1 }

    private static func kebabCase(_ name: String) -> String {
        var text = ""
        for letter in name {
            if letter.isUppercase, !text.isEmpty { text.append("-") }
            text.append(letter.lowercased())
        }
        return text
    }
}
