import Testing

@testable import Transport

@Suite struct HandoverMessageTests {
    @Test(arguments: [
        (HandoverMessage.claim(version: 1), "claim 1"),
        (.sockets(roles: ["https", "https", "ops"], isLast: true), "sockets last https https ops"),
        (.sockets(roles: [], isLast: false), "sockets more"),
        (.refused(reason: "not today"), "refused not today"),
        (.memory([0, 0xAB]), "memory 00ab"),
        (.memory([]), "memory "),
        (.ready, "ready"),
        (.paused, "paused"),
        (.serving, "serving"),
        (.released, "released"),
    ])
    func words(_ message: HandoverMessage, _ text: String) {
        #expect(String(decoding: message.bytes, as: UTF8.self) == text)
        #expect(HandoverMessage(Array(text.utf8)) == message)
    }

    @Test(arguments: [
        "", "claim", "claim one", "claim 1 2", "claim  1", "sockets", "sockets first https", "sockets last https  ops",
        "serving now", "released\n", "Serving", "memory", "memory 0", "memory 0g", "memory 00 00", "refused b\u{e4}h",
        "sockets last" + String(repeating: " x", count: HandoverMessage.socketsMax + 1),
        "refused " + String(repeating: "x", count: HandoverMessage.bytesMax),
    ])
    func noWords(_ text: String) { #expect(HandoverMessage(Array(text.utf8)) == nil) }

    @Test func descriptorsTravel() {
        for count in [1, 2, 63, 64] {
            let numbers = (0..<Int32(count)).map { $0 + 100 }
            #expect(ControlBuffer(numbers).descriptors == numbers)
        }
        #expect(ControlBuffer([]).descriptors == [])
        #expect(ControlBuffer(spaceFor: 3).descriptors == [])
    }
}
