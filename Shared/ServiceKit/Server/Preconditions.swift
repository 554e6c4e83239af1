internal import Contract
internal import HTTP

/// The conditions of a request (RFC 9110, section 13), as far as they are judged here: for what is read, and for
/// changes of what has no version. Operations that change something versioned declare `if-match` and judge it.
///
/// `If-Modified-Since` and `If-Unmodified-Since` are ignored, since no answer tells a `Last-Modified` (sections 13.1.3
/// and 13.1.4).
struct Preconditions: Sendable {
    private let ifMatch: EntityTagCondition?
    private let ifNoneMatch: EntityTagCondition?

    /// - Throws: 400 for an `If-Match` that is no list of tags: whoever sends it believes to be guarded by it. An
    ///   `If-None-Match` of that kind only costs the answer's bytes, and matches nothing.
    init(_ request: InboundRequest) throws(Problem) {
        ifNoneMatch = request.header("if-none-match").flatMap(EntityTagCondition.init(parsing:))
        guard let text = request.header("if-match") else {
            ifMatch = nil
            return
        }
        ifMatch = EntityTagCondition(parsing: text)
        if ifMatch == nil {
            let fault = FieldFault(.header("if-match"), "format", "It must be * or a list of entity tags.")
            throw Problem(inputFaults: [fault])
        }
    }

    /// Refuses a change whose conditions do not hold, or cannot be judged.
    ///
    /// - Parameter isReadable: whether the target has a representation.
    func admit(_ endpoint: EndpointDescription, isReadable: @autoclosure () -> Bool) throws(Problem) {
        guard endpoint.method != .get else { return }
        if endpoint.judges("if-match") {
            guard ifNoneMatch == nil || endpoint.judges("if-none-match") else {
                let fault = FieldFault(.header("if-none-match"), "unsupported", "Use If-Match for changes.")
                throw Problem(inputFaults: [fault])
            }
            return
        }
        // What has no tag matches none; `*` matches whatever is there.
        let isMatch = ifMatch == nil || ifMatch == .any && isReadable()
        let isNoneMatch = ifNoneMatch != .any || !isReadable()
        guard isMatch, isNoneMatch else { throw Problem(.preconditionFailed) }
    }

    /// Judges what was read: 412, or 304 with the header fields that a 200 would have had but those of the content
    /// (section 15.4.5).
    func judge(_ reply: inout OutboundReply) throws(Problem) {
        guard reply.status == 200, ifMatch != nil || ifNoneMatch != nil else { return }
        let tag = reply.headers.first("etag").flatMap(EntityTag.init)
        if let ifMatch, !ifMatch.admits(tag) {
            throw Problem(.preconditionFailed, headers: tag.map { [("etag", "\($0)")] } ?? [])
        }
        guard let ifNoneMatch, let tag, ifNoneMatch.matchesWeakly(tag) else { return }
        reply.status = 304
        reply.body = []
        reply.headers.remove("content-type")
    }
}

extension EntityTagCondition {
    /// `If-Match` for a read. By versions, as for changes.
    fileprivate func admits(_ tag: EntityTag?) -> Bool {
        switch self {
        case .any: true
        case .tags(let candidates):
            tag.map { tag in
                candidates.contains { !$0.isWeak && EntityTag($0.opaque)?.version == tag.version }
            } ?? false
        }
    }
}

extension EndpointDescription {
    fileprivate func judges(_ header: String) -> Bool {
        input.contains { $0.place == .header && $0.name == header }
    }
}
