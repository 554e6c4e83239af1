import Compression
import NIOCore
import TestKit
import Testing

/// Encoders, judged by gzip itself; curl judges Brotli where the gateway is tested.
@Suite struct ContentEncoderTests {
    private static let text = Array(repeating: "Compression tells what was said before. ", count: 4000).joined()

    private func gunzip(_ bytes: ByteBuffer) async throws -> String {
        let outcome = try await ChildProcess.run(["gzip", "-dc"], input: Array(bytes.readableBytesView), seconds: 20)
        #expect(outcome.status == 0)
        return outcome.text
    }

    @Test(arguments: [0, 1, 100, 1024, 32_768, 32_769, 150_000], [1, 3, 9])
    func wholeBodies(bytes: Int, level: Int) async throws {
        let body = String(Self.text.prefix(bytes))
        let encoded = ContentEncoder.encode(ByteBuffer(string: body), .gzip, CompressionQuality(gzip: level))
        #expect(try await gunzip(encoded) == body)
        if bytes > 1000 { #expect(encoded.readableBytes * 4 < bytes) }
    }

    @Test func piecesAreReadableAsTheyAreFlushed() async throws {
        let encoder = ContentEncoder(.gzip)
        var sent = ByteBuffer()
        for piece in ["one ", "two ", "three"] {
            sent.writeImmutableBuffer(encoder.encode(ByteBuffer(string: piece), .flush))
        }
        // Without its end it is not whole, yet all of it is there.
        let outcome = try await ChildProcess.run(["gzip", "-dc"], input: Array(sent.readableBytesView), seconds: 20)
        #expect(outcome.status != 0 && outcome.text == "one two three")
        sent.writeImmutableBuffer(encoder.encode(ByteBuffer(), .end))
        #expect(try await gunzip(sent) == "one two three")
    }

    @Test(arguments: ContentCoding.allCases)
    func whatIsNotFlushedWaits(coding: ContentCoding) {
        let encoder = ContentEncoder(coding)
        let first = encoder.encode(ByteBuffer(string: String(Self.text.prefix(200))), .more)
        let flushed = encoder.encode(ByteBuffer(), .flush)
        #expect(first.readableBytes < 20 && flushed.readableBytes > 30)
        #expect(encoder.encode(ByteBuffer(), .flush).readableBytes < 10)
        #expect(encoder.encode(ByteBuffer(), .end).readableBytes > 0)
    }
}
