import Foundation
import JSON
import Logging
import Primitives
import Telemetry
import Testing

typealias LogLevel = Logger.Level

@Suite struct LogHandlerTests {
    private let time = "2027-01-15T08:00:00.123Z"

    @Test func `a record is one JSON line with its members in order`() {
        let lines = CollectedLines()
        var logger = lines.output().logger
        logger[metadataKey: "request"] = "0190"
        logger.warning("Disk is full", metadata: ["free": .stringConvertible(12), "hot": .stringConvertible(true)])
        #expect(
            lines.all == [
                #"{"time":"\#(time)","level":"warning","message":"Disk is full","service":"content","#
                    + #""free":12,"hot":true,"request":"0190"}"# + "\n"
            ])
    }

    @Test func `texts cannot break out of the line`() throws {
        let lines = CollectedLines()
        let nasty = "a\"b\\c\nd\r\u{0}\u{1B}[31m\u{2028}é😀"
        lines.output().logger.error("\(nasty)", metadata: ["\(nasty)": "\(nasty)"])
        let line = try #require(lines.all.first)
        #expect(line.filter { $0 == "\n" }.count == 1)
        #expect(line.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == nasty)
        #expect(object[nasty] as? String == nasty)
    }

    @Test func `nested metadata nests, and too deep becomes text`() throws {
        let lines = CollectedLines()
        let deep: Logger.Metadata.Value = ["b": ["c": ["d": ["e": "f"]]]]
        lines.output().logger.info("x", metadata: ["list": ["1", ["k": "v"]], "a": deep])
        let line = try #require(lines.all.first)
        #expect(line.contains(#""list":["1",{"k":"v"}]"#))
        #expect(line.contains(#""a":{"b":{"c":{"d":"["#))
    }

    @Test func `metadata cannot replace what every line has`() throws {
        let lines = CollectedLines()
        lines.output().logger.info("true message", metadata: ["message": "forged", "level": "forged"])
        let line = try #require(lines.all.first)
        #expect(line.contains(#""level":"info","message":"true message""#))
        #expect(line.contains(#""_message":"forged""#))
    }

    @Test func `secrets stay redacted`() throws {
        let lines = CollectedLines()
        lines.output().logger.info("key", metadata: ["key": .stringConvertible(Secret("hunter2"))])
        #expect(try #require(lines.all.first).contains(#""key":"[redacted]""#))
    }

    @Test func `errors and long texts`() throws {
        struct Broken: Error {}
        let lines = CollectedLines()
        lines.output().logger.error("\(String(repeating: "é", count: 10_000))", error: Broken())
        let line = try #require(lines.all.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["error"] as? String == "Broken()")
        let message = try #require(object["message"] as? String)
        #expect(message.hasSuffix("é…"))
        #expect(message.utf8.count <= TelemetryLimits.logTextBytesMax + 3)
    }

    @Test func `lines below the level are not written`() {
        let lines = CollectedLines()
        let logger = lines.output(level: .warning).logger
        logger.info("no")
        logger.warning("yes")
        #expect(lines.all.count == 1)
    }

    @Test func `the console's line is for a person and cannot be steered`() {
        let lines = CollectedLines()
        lines.output(.console).logger.notice("hi\n\u{1B}[2J", metadata: ["b": "2", "a": "1\n"])
        #expect(lines.all == ["08:00:00.123 NOTICE   content: hi\\n\\u{1B}[2J a=1\\n b=2\n"])
    }

    @Test func `several lines at once are written as many as a pipe keeps together`() {
        // Where a write is a packet, one can see what was written together.
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let line = Array(String(repeating: "x", count: 499).utf8) + [UInt8(ascii: "\n")]
        let long = Array(String(repeating: "y", count: 4999).utf8) + [UInt8(ascii: "\n")]
        LogSink.descriptor(ends[0]).write((0..<9).flatMap { _ in line } + long + line)
        var packet = [UInt8](repeating: 0, count: 8192)
        for bytes in [4000, 500, 5000, 500] {
            #expect(read(ends[1], &packet, packet.count) == bytes)
            #expect(packet[bytes - 1] == UInt8(ascii: "\n"))
        }
    }

    @Test func `a descriptor gets whole lines from many threads`() async throws {
        let pipe = Pipe()
        let sink = LogSink.descriptor(pipe.fileHandleForWriting.fileDescriptor)
        let reader = Task.detached { pipe.fileHandleForReading.readDataToEndOfFile() }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    let line = Array(String(repeating: "\(writer)", count: 20_000).utf8) + [UInt8(ascii: "\n")]
                    for _ in 0..<10 { sink.write(line) }
                }
            }
        }
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: await reader.value, as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 80)
        #expect(lines.allSatisfy { $0.count == 20_000 && Set($0).count == 1 })
    }
}
