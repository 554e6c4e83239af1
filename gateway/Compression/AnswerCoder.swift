internal import Compression
internal import HTTP
internal import NIOCore
internal import Synchronization

/// Decides which answers are made shorter on their way out, and how.
final class AnswerCoder: Sendable {
    /// Answers that are made shorter as they come, at once: each holds up to 0.8 MiB. Whole ones take no time that
    /// others could run in.
    private let streamsMax: Int
    let quality: CompressionQuality
    /// Shorter bodies fit into a packet or two as they are.
    let bytesMin: Int
    /// Whether there is other work for the time that it takes.
    private let isUnderLoad: @Sendable () -> Bool
    private let streams = Atomic<Int>(0)

    /// Nil where nothing is to be made shorter.
    init?(_ configuration: GatewayConfiguration, isUnderLoad: @escaping @Sendable () -> Bool = { false }) {
        guard configuration.compresses else { return nil }
        quality = configuration.compressionQuality
        bytesMin = configuration.compressionBytesMin
        streamsMax = configuration.compressionStreamsMax
        self.isUnderLoad = isUnderLoad
    }

    /// Whether the body of an answer with this head can be made shorter.
    func mayEncode(_ head: ResponseHead) -> Bool {
        guard head.status == 200, head.contentLength ?? .max >= bytesMin,
            let type = head.fields.firstIndex("content-type"),
            Self.isCompressible(head.fields.valueBytes(at: type)), !head.fields.contains("content-encoding"),
            !head.fields.contains("set-cookie")
        else { return false }
        // RFC 9110, section 7.7: then it is nobody's to change.
        return !head.fields.values("cache-control").contains { $0.contains("no-transform") }
    }

    /// What the client wants most, where there is time for it.
    func coding(for request: HeaderFields) -> ContentCoding? {
        guard request.contains("accept-encoding"), !isUnderLoad() else { return nil }
        let lines = (0..<request.count).lazy.filter { request.matches($0, "accept-encoding") }
        return ContentCoding.best(for: lines.map { request.valueBytes(at: $0) })
    }

    /// Whether one more stream may begin. Loops look each for itself: each may find the same last place.
    var hasRoomForStream: Bool { streams.load(ordering: .relaxed) < streamsMax }

    /// An encoder for a body that comes in pieces. Tell `streamEnded` once it is gone.
    func beginStream(_ coding: ContentCoding, bytes: Int?) -> ContentEncoder {
        streams.wrappingAdd(1, ordering: .relaxed)
        return ContentEncoder(coding, quality, bytes: bytes)
    }

    func streamEnded() { streams.wrappingSubtract(1, ordering: .relaxed) }

    /// Texts. Images and archives are short already, and events are not to wait in an encoder, nor to tell by their
    /// length what came before them.
    static func isCompressible(_ contentType: ArraySlice<UInt8>) -> Bool {
        let type = contentType.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        let text = String(decoding: type, as: UTF8.self).lowercased()
        if text.hasPrefix("text/") { return text != "text/event-stream" }
        return compressible.contains(text) || text.hasSuffix("+json") || text.hasSuffix("+xml")
    }

    private static let compressible: Set<String> = [
        "application/json", "application/xml", "application/javascript", "application/x-ndjson", "application/wasm",
    ]
}
