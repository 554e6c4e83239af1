/// How large a document may be in each direction. What is exactly at a limit is accepted.
package struct JSONLimits: Sendable, Hashable {
    /// Bytes of the whole document.
    package var documentBytesMax: Int
    /// Arrays and objects inside each other; a scalar has depth 0, `[]` has depth 1. Parsing recurses once per level.
    package var depthMax: Int
    /// Members of one object.
    package var membersMax: Int
    /// Elements of one array.
    package var elementsMax: Int
    /// Bytes of one string or member name, unescaped.
    package var stringBytesMax: Int
    /// Bytes of one number literal.
    package var numberBytesMax: Int

    package init(
        documentBytesMax: Int = 8 << 20, depthMax: Int = 32, membersMax: Int = 256, elementsMax: Int = 65_536,
        stringBytesMax: Int = 1 << 20, numberBytesMax: Int = 64
    ) {
        self.documentBytesMax = documentBytesMax
        self.depthMax = min(depthMax, Self.depthCeiling)
        self.membersMax = membersMax
        self.elementsMax = elementsMax
        self.stringBytesMax = stringBytesMax
        self.numberBytesMax = numberBytesMax
    }

    package static let standard = JSONLimits()

    /// No caller may ask for a depth that could exhaust a thread's stack.
    static let depthCeiling = 256
}
