/// The media types of request bodies.
package enum MediaTypeName {
    package static let json = "application/json"
    /// RFC 7396.
    package static let mergePatch = "application/merge-patch+json"
    /// RFC 6902.
    package static let jsonPatch = "application/json-patch+json"
}
