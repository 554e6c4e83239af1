internal import JSON

/// What an endpoint answers with when it succeeds: one or several statuses, each with its shape.
package struct Answer<Output: Sendable>: Sendable {
    /// In the order in which a client tries them.
    package let cases: [AnswerDescription]
    private let encodeCase: @Sendable (Output) -> EncodedAnswer
    private let decodeCase: @Sendable (Int, FieldSource) -> Output?
    private var tags: (@Sendable (Output) -> [CacheTag])?

    private init(_ alternatives: [Alternative<Output>]) {
        cases = alternatives.map(\.description)
        encodeCase = { output in
            for alternative in alternatives {
                if let answer = alternative.encode(output) { return answer }
            }
            preconditionFailure("an output matched no declared answer")
        }
        decodeCase = { status, source in
            for alternative in alternatives where alternative.description.status == status {
                if let output = alternative.decode(source) { return output }
            }
            return nil
        }
    }

    /// 200 (RFC 9110, section 15.3.1).
    package static func ok(
        _ shape: Shape<Output>, headers: [AnswerHeader<Output>] = [], _ meaning: String = "Done."
    ) -> Self {
        Answer([.always(200, shape, headers, meaning)])
    }

    /// 201 (section 15.3.2); one of `headers` should be the location.
    package static func created(
        _ shape: Shape<Output>, headers: [AnswerHeader<Output>] = [], _ meaning: String = "Created."
    ) -> Self {
        Answer([.always(201, shape, headers, meaning)])
    }

    /// 202 (section 15.3.3).
    package static func accepted(
        _ shape: Shape<Output>, headers: [AnswerHeader<Output>] = [], _ meaning: String = "Accepted."
    ) -> Self {
        Answer([.always(202, shape, headers, meaning)])
    }

    /// 204 (section 15.3.5), of an output that is told by header fields alone.
    package static func empty(_ shape: Shape<Output>, headers: [AnswerHeader<Output>]) -> Self {
        Answer([.always(204, shape, headers, "Done.")])
    }

    /// One of several answers, such as tokens or a second factor. `Output` is an enumeration with one case for each;
    /// alternatives with the same status must differ in what they require.
    package static func oneOf(_ alternatives: Alternative<Output>...) -> Self {
        Answer(alternatives)
    }

    package func encode(_ output: Output) -> EncodedAnswer {
        let answer = encodeCase(output)
        guard let tags = tags?(output), !tags.isEmpty else { return answer }
        return EncodedAnswer(
            status: answer.status, headers: answer.headers + [(CacheTag.header, CacheTag.join(tags))],
            body: answer.body)
    }

    /// The same, telling the edge what a kept answer is about, or what a change made untrue. At most
    /// `CacheTag.countMax` tags.
    package func tagged(_ tags: @escaping @Sendable (Output) -> [CacheTag]) -> Self {
        var tagged = self
        tagged.tags = tags
        return tagged
    }

    /// The output that an answer with `status` stands for; nil where it is none that was declared.
    package func decode(status: Int, _ source: FieldSource) -> Output? {
        decodeCase(status, source)
    }
}

extension Answer where Output == Nothing {
    /// 204 (RFC 9110, section 15.3.5).
    package static var noContent: Self {
        Answer([.always(204, Nothing.shape, [], "Done.")])
    }
}

/// One of the answers of an endpoint.
package struct Alternative<Output: Sendable>: Sendable {
    package let description: AnswerDescription
    let encode: @Sendable (Output) -> EncodedAnswer?
    let decode: @Sendable (FieldSource) -> Output?

    /// - Parameters:
    ///   - headers: header fields that follow from the payload.
    ///   - wrap: the case's constructor.
    ///   - unwrap: the payload where the output is this case, else nil.
    package init<Payload: Sendable>(
        _ status: Int, _ shape: Shape<Payload>, headers: [AnswerHeader<Payload>] = [], _ meaning: String,
        wrap: @escaping @Sendable (Payload) -> Output, unwrap: @escaping @Sendable (Output) -> Payload?
    ) {
        description = AnswerDescription(
            status: status, meaning: meaning, fields: shape.fields + headers.map(\.description),
            schema: shape.hasBody ? shape.objectSchema : nil)
        // Closures alone: a whole shape in here would have its type made at each call.
        let (hasBody, encodeFields) = (shape.hasBody, shape.encodeFields)
        let derived = headers.map { ($0.name, $0.value) }
        encode = { output in
            guard let payload = unwrap(output) else { return nil }
            var encoding = AnswerEncoding(hasBody: hasBody)
            encodeFields(payload, &encoding.sink)
            for (name, value) in derived { encoding.append(name, value(payload)) }
            return encoding.finished(status: status)
        }
        decode = { source in
            var faults: [FieldFault] = []
            return shape.decode(source, &faults).map(wrap)
        }
    }

    static func always(
        _ status: Int, _ shape: Shape<Output>, _ headers: [AnswerHeader<Output>], _ meaning: String
    ) -> Self {
        Alternative(status, shape, headers: headers, meaning, wrap: { $0 }, unwrap: { $0 })
    }
}

/// A header field of an answer that follows from what the answer says.
package struct AnswerHeader<Payload: Sendable>: Sendable {
    /// In lower case.
    package let name: String
    let meaning: String
    let value: @Sendable (Payload) -> String?

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
package struct AnswerDescription: Sendable {
    package let status: Int
    package let meaning: String
    package let fields: [FieldDescription]
    /// The schema of the body; nil where there is none.
    package let schema: SchemaDescription?
}

/// An answer ready to be sent.
package struct EncodedAnswer: Sendable {
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
}

/// An answer while its fields are written.
private struct AnswerEncoding {
    /// What most bodies fit into.
    private static let bytesReserved = 1024

    var sink: FieldSink
    private let hasBody: Bool

    init(hasBody: Bool) {
        self.hasBody = hasBody
        sink = FieldSink(body: JSONWriter(reservingBytes: hasBody ? Self.bytesReserved : 0))
        if hasBody { sink.body.beginObject() }
    }

    mutating func append(_ name: String, _ value: String?) {
        if let value { sink.headers.append((name, value)) }
    }

    consuming func finished(status: Int) -> EncodedAnswer {
        if hasBody { sink.body.endObject() }
        return EncodedAnswer(status: status, headers: sink.headers, body: hasBody ? sink.body.bytes : nil)
    }
}
