import Contract
import JSON
import Primitives
import Testing

@Suite struct TopicTests {
    @Test func theNameIsTheTypesInKebabCase() {
        #expect(LampLit.name == "lamp-lit")
        #expect(LampLit.version == 1)
        #expect(LampLitLater.name == "lamp-lit")
    }

    @Test func payloadsComeBack() throws {
        let payload = LampLit.Payload(lamp: .make(), watts: 60, by: nil)
        let bytes = LampLit.encode(payload)
        #expect(try LampLit.decode(bytes) == payload)
        let grown = String(decoding: bytes, as: UTF8.self).dropLast() + #","colour":"red"}"#
        #expect(try LampLit.decode(Array(grown.utf8)) == payload)
    }

    @Test(arguments: [
        ("", "not JSON"), ("[]", "not an object"), ("{}", "/lamp required"), (#"{"lamp":7,"watts":1}"#, "/lamp type"),
        (#"{"lamp":"0190f0f0-0000-7000-8000-000000000000","watts":"secret"}"#, "/watts type"),
    ])
    func whatDoesNotFitIsAFaultWithoutItsValue(text: String, phrase: String) {
        do throws(EventFault) {
            _ = try LampLit.decode(Array(text.utf8))
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains(phrase))
            #expect(!error.description.contains("secret"))
        }
    }

    @Test func aPayloadHasALimit() {
        let long = Array(#"{"lamp":"\#(String(repeating: "x", count: Event.payloadBytesMax))"}"#.utf8)
        #expect(throws: EventFault("the payload is too large")) { try LampLit.decode(long) }
    }

    @Test func everyKindOfConflictIsFound() {
        let topics = [
            TopicDescription(LampLit.self), TopicDescription(LampLit.self), TopicDescription(LampLitLater.self),
            TopicDescription(Broken.self),
        ]
        let conflicts = ContractConflict.all(in: topics)
        let expected = [
            "lamp-lit 1: the topic's version is declared twice", "lamp-lit 2: another version has another producer",
            "not in kebab-case", "versions count from 1", "gateway has no database to keep", "to receive",
            "a consumer stands twice", "a body only", "a field stands twice", "no summary",
        ]
        for phrase in expected {
            #expect(conflicts.contains { $0.contains(phrase) }, "\(phrase) in \(conflicts)")
        }
        #expect(ContractConflict.all(in: [TopicDescription(LampLit.self)]) == [])
    }

    @Test func theDescriptionTellsTheWholePayload() {
        #expect(
            TopicDescription(LampLit.self).text == """
                lamp-lit 1 from user to content, auth
                    A lamp gives light.
                    lamp: {"type":"string","format":"uuid"}
                    watts: {"type":"integer"}
                    by?: {"type":["string","null"]}
                """)
    }
}

private enum LampSubject {}

private enum LampLit: Topic {
    struct Payload: Sendable, Hashable {
        let lamp: Identifier<LampSubject>
        let watts: Int
        let by: String?
    }
    static let producer = ServiceName.user
    static let consumers = [ServiceName.content, .auth]
    static let payload = Shape(
        Payload.init, .body("lamp", \.lamp), .body("watts", \.watts), .body("by", \.by, whenNil: .omit))
    static func key(_ payload: Payload) -> String { payload.lamp.description }
    static let summary = "A lamp gives light."
}

private enum LampLitLater: Topic {
    typealias Payload = LampLit.Payload
    static let name = "lamp-lit"
    static let version = 2
    static let producer = ServiceName.auth
    static let consumers = [ServiceName.content]
    static let payload = LampLit.payload
    static func key(_ payload: Payload) -> String { "" }
    static let summary = "A lamp gives light, told by another."
}

private enum Broken: Topic {
    struct Payload: Sendable {
        let first: String
        let second: String
        let third: String
    }
    static let name = "Broken Topic"
    static let version = 0
    static let producer = ServiceName.gateway
    static let consumers = [ServiceName.gateway, .gateway]
    static let payload = Shape(
        Payload.init, .body("twice", \.first), .body("twice", \.second), .query("third", \.third))
    static func key(_ payload: Payload) -> String { "" }
    static let summary = ""
}
