internal import JSON

/// One topic without its types: what the relay, golden files and checks read.
package struct TopicDescription: Sendable {
    package let name: String
    package let version: Int
    package let producer: ServiceName
    package let consumers: [ServiceName]
    package let fields: [FieldDescription]
    /// Of the payload.
    package let schema: SchemaDescription
    package let summary: String
    /// Nil where the edge's cache does not follow the topic.
    package let purge: Purge?

    package init<T: Topic>(_ topic: T.Type) {
        name = T.name
        version = T.version
        producer = T.producer
        consumers = T.consumers
        fields = T.payload.fields
        schema = T.payload.objectSchema
        summary = T.summary
        purge = Self.purge(topic)
    }

    /// Some lines for the golden file of topics.
    package var text: String {
        let audience = consumers.map(\.rawValue) + (purge == nil ? [] : ["the edge's cache"])
        let heading = "\(name) \(version) from \(producer.rawValue) to \(audience.joined(separator: ", "))"
        let members = fields.map { field in
            let necessity = field.isRequired ? "" : "?"
            let schema = String(decoding: JSONValue.object(field.schema.keywords).encoded, as: UTF8.self)
            return "    \(field.name)\(necessity): \(schema)"
        }
        return ([heading, "    \(summary)"] + members).joined(separator: "\n")
    }
}
