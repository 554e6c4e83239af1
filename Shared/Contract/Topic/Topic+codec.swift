internal import JSON

extension Topic {
    /// A payload as JSON.
    package static func encode(_ payload: Payload) -> [UInt8] {
        var sink = FieldSink()
        sink.body.beginObject()
        self.payload.encode(payload, into: &sink)
        sink.body.endObject()
        return sink.body.bytes
    }

    /// The payload that `bytes` are. Members that the shape does not know are passed over: the producer may be newer.
    package static func decode(_ bytes: [UInt8]) throws(EventFault) -> Payload {
        guard bytes.count <= Event.payloadBytesMax else { throw EventFault("the payload is too large") }
        let document: JSONValue
        do throws(JSONFault) {
            document = try JSONValue.parse(bytes)
        } catch {
            throw EventFault("the payload is not JSON: \(error)")
        }
        guard let body = document.object else { throw EventFault("the payload is not an object") }
        var faults: [FieldFault] = []
        guard let payload = payload.decode(FieldSource(body: body, refusesUnknown: false), &faults) else {
            throw EventFault("the payload does not fit: \(faults.map(\.placeAndCode).joined(separator: ", "))")
        }
        return payload
    }
}

extension FieldFault {
    /// Without the value, which is not for logs.
    fileprivate var placeAndCode: String {
        switch place {
        case .body(let place), .path(let place), .query(let place), .header(let place): "\(place) \(code)"
        }
    }
}
