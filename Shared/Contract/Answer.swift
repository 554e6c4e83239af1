internal import JSON

/// What an endpoint answers with when it succeeds: one or several statuses, each with its shape. A class, since every
/// call gets one.
@usableFromInline package final class Answer<Output: Sendable>: Sendable {
    /// In the order in which a client tries them.
    @usableFromInline let alternatives: [Alternative<Output>]
    @usableFromInline let tags: (@Sendable (Output) -> [CacheTag])?

    @inlinable init(_ alternatives: [Alternative<Output>], tags: (@Sendable (Output) -> [CacheTag])? = nil) {
        self.alternatives = alternatives
        self.tags = tags
    }

    package var cases: [AnswerDescription] { alternatives.map(\.description) }

    /// 200 (RFC 9110, section 15.3.1).
    @inlinable package static func ok(
        _ shape: Shape<Output>, headers: [AnswerHeader<Output>] = [], _ meaning: String = "Done."
    ) -> Answer {
        Answer([.always(200, shape, headers, meaning)])
    }

    /// 201 (section 15.3.2); one of `headers` should be the location.
    @inlinable package static func created(
        _ shape: Shape<Output>, headers: [AnswerHeader<Output>] = [], _ meaning: String = "Created."
    ) -> Answer {
        Answer([.always(201, shape, headers, meaning)])
    }

    /// 202 (section 15.3.3).
    @inlinable package static func accepted(
        _ shape: Shape<Output>, headers: [AnswerHeader<Output>] = [], _ meaning: String = "Accepted."
    ) -> Answer {
        Answer([.always(202, shape, headers, meaning)])
    }

    /// 204 (section 15.3.5), of an output that is told by header fields alone.
    @inlinable package static func empty(_ shape: Shape<Output>, headers: [AnswerHeader<Output>]) -> Answer {
        Answer([.always(204, shape, headers, "Done.")])
    }

    /// One of several answers, such as tokens or a second factor. `Output` is an enumeration with one case for each;
    /// alternatives with the same status must differ in what they require.
    @inlinable package static func oneOf(_ alternatives: Alternative<Output>...) -> Answer {
        Answer(alternatives)
    }

    @inlinable package func encode(_ output: Output) -> EncodedAnswer {
        for index in alternatives.indices {
            guard let answer = alternatives[index].encode(output) else { continue }
            guard let tags else { return answer }
            return answer.tagged(tags(output))
        }
        preconditionFailure("an output matched no declared answer")
    }

    /// The same, telling the edge what a kept answer is about, or what a change made untrue. At most
    /// `CacheTag.countMax` tags.
    @inlinable package func tagged(_ tags: @escaping @Sendable (Output) -> [CacheTag]) -> Answer {
        Answer(alternatives, tags: tags)
    }

    /// The output that an answer with `status` stands for; nil where it is none that was declared.
    @inlinable package func decode(status: Int, _ source: FieldSource) -> Output? {
        for alternative in alternatives where alternative.description.status == status {
            if let output = alternative.decode(source) { return output }
        }
        return nil
    }
}

extension Answer where Output == Nothing {
    /// 204 (RFC 9110, section 15.3.5).
    package static var noContent: Answer {
        Answer([.always(204, Nothing.shape, [], "Done.")])
    }
}

/// One of the answers of an endpoint.
@usableFromInline package struct Alternative<Output: Sendable>: Sendable {
    @usableFromInline package let description: AnswerDescription
    @usableFromInline let encode: @Sendable (Output) -> EncodedAnswer?
    @usableFromInline let decode: @Sendable (FieldSource) -> Output?

    /// - Parameters:
    ///   - headers: header fields that follow from the payload.
    ///   - wrap: the case's constructor.
    ///   - unwrap: the payload where the output is this case, else nil.
    @inlinable package init<Payload: Sendable>(
        _ status: Int, _ shape: Shape<Payload>, headers: [AnswerHeader<Payload>] = [], _ meaning: String,
        wrap: @escaping @Sendable (Payload) -> Output, unwrap: @escaping @Sendable (Output) -> Payload?
    ) {
        description = AnswerDescription(status: status, meaning: meaning, shape, headers)
        encode = { output in
            guard let payload = unwrap(output) else { return nil }
            var encoding = AnswerEncoding(hasBody: shape.hasBody)
            shape.encode(payload, into: &encoding.sink)
            for header in headers { encoding.append(header.name, header.value(payload)) }
            return encoding.finished(status: status)
        }
        decode = { source in
            var faults: [FieldFault] = []
            return shape.decode(source, &faults).map(wrap)
        }
    }

    @inlinable static func always(
        _ status: Int, _ shape: Shape<Output>, _ headers: [AnswerHeader<Output>], _ meaning: String
    ) -> Self {
        Alternative(status, shape, headers: headers, meaning, wrap: { $0 }, unwrap: { $0 })
    }
}

/// A header field of an answer that follows from what the answer says.
@usableFromInline package struct AnswerHeader<Payload: Sendable>: Sendable {
    /// In lower case.
    @usableFromInline package let name: String
    let meaning: String
    @usableFromInline let value: @Sendable (Payload) -> String?

    package init(_ name: String, _ meaning: String, _ value: @escaping @Sendable (Payload) -> String?) {
        self.name = name
        self.meaning = meaning
        self.value = value
    }

    /// The strong validator of the representation (RFC 9110, section 8.8.3).
    package static func etag(_ member: @escaping @Sendable (Payload) -> EntityTag) -> Self {
        AnswerHeader("etag", "The representation's version.") { member($0).description }
    }

    /// Where the thing is (section 10.2.2).
    package static func location(_ path: @escaping @Sendable (Payload) -> String) -> Self {
        AnswerHeader("location", "Where it is.", path)
    }

    /// A cookie that is set (RFC 6265, section 4.1), where `cookie` gives one.
    package static func setCookie(_ cookie: @escaping @Sendable (Payload) -> String?) -> Self {
        AnswerHeader("set-cookie", "Where X-Token-Transport asks for cookies.", cookie)
    }

    var description: FieldDescription {
        var field = FieldDescription(name: name, place: .header, isRequired: false, schema: String.schema)
        field.text = meaning
        return field
    }
}

/// One answer of an endpoint, as documents and checks read it.
@usableFromInline package struct AnswerDescription: Sendable {
    @usableFromInline package let status: Int
    package let meaning: String
    package let fields: [FieldDescription]
    /// The schema of the body; nil where there is none.
    package let schema: SchemaDescription?

    @usableFromInline init<Payload: Sendable>(
        status: Int, meaning: String, _ shape: Shape<Payload>, _ headers: [AnswerHeader<Payload>]
    ) {
        self.status = status
        self.meaning = meaning
        fields = shape.fields + headers.map(\.description)
        schema = shape.hasBody ? shape.objectSchema : nil
    }
}

/// An answer ready to be sent.
@usableFromInline package struct EncodedAnswer: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    /// A JSON document, or nil for none.
    package let body: [UInt8]?

    /// An answer that was encoded before.
    package init(status: Int, headers: [(name: String, value: String)], body: [UInt8]?) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The same with what the edge is told of `tags`.
    @usableFromInline func tagged(_ tags: [CacheTag]) -> EncodedAnswer {
        guard !tags.isEmpty else { return self }
        return EncodedAnswer(status: status, headers: headers + [(CacheTag.header, CacheTag.join(tags))], body: body)
    }
}

/// An answer while its fields are written.
@usableFromInline struct AnswerEncoding {
    /// What most bodies fit into; with what an array has beside its elements, no more than the allocator keeps at hand.
    private static let bytesReserved = 992

    @usableFromInline var sink: FieldSink
    private let hasBody: Bool

    @usableFromInline init(hasBody: Bool) {
        self.hasBody = hasBody
        sink = FieldSink(body: JSONWriter(reservingBytes: hasBody ? Self.bytesReserved : 0))
        if hasBody { sink.body.beginObject() }
    }

    @usableFromInline mutating func append(_ name: String, _ value: String?) {
        if let value { sink.headers.append((name, value)) }
    }

    @usableFromInline consuming func finished(status: Int) -> EncodedAnswer {
        if hasBody { sink.body.endObject() }
        return EncodedAnswer(status: status, headers: sink.headers, body: hasBody ? sink.body.bytes : nil)
    }
}
