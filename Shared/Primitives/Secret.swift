/// A value that must not be printed: every description of it is `[redacted]`.
package struct Secret<Value: Sendable>: Sendable {
    /// The value itself. The name is long so that each use is seen in review.
    package let exposedValue: Value

    package init(_ value: Value) {
        exposedValue = value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
