import Compression
import Glibc
import NIOCore
import Primitives

/// What making a list of articles shorter costs, by coding and quality: CPU a KiB and how much shorter.
///
///     CompressionBench <rounds>
@main
struct CompressionBench {
    private static let sizes = [2048, 16_384, 65_536]
    /// Bytes that one round works on.
    private static let roundBytes = 4_000_000

    static func main() {
        let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5
        let text = articles(bytes: sizes.max() ?? 0)
        print("\n| a list of articles | 2 KiB | 16 KiB | 64 KiB |\n|---|---|---|---|")
        for quality in [0, 1, 2, 3, 4, 5] { report("br \(quality)", .brotli, .init(brotli: quality), text, rounds) }
        for level in [1, 3, 4, 5, 6, 9] { report("gzip \(level)", .gzip, .init(gzip: level), text, rounds) }
    }

    private static func report(
        _ name: String, _ coding: ContentCoding, _ quality: CompressionQuality, _ text: [UInt8], _ rounds: Int
    ) {
        let cells = sizes.map { size -> String in
            let body = ByteBuffer(bytes: text.prefix(size))
            let count = roundBytes / size
            var shorter = 0
            let times = (0..<rounds).map { _ -> Int in
                let start = processorNanoseconds()
                for _ in 0..<count { shorter = ContentEncoder.encode(body, coding, quality).readableBytes }
                return (processorNanoseconds() - start) / count
            }
            let nanoseconds = times.sorted()[rounds / 2] * 1024 / size
            let ratio = size * 100 / max(1, shorter)
            return "\(decimal(nanoseconds / 10)) µs/KiB, \(decimal(ratio))"
        }
        print("| \(name) | \(cells.joined(separator: " | ")) |")
    }

    /// Hundredths.
    private static func decimal(_ hundredths: Int) -> String {
        "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// Words of many letters, ids and times, as lists have them; the same in every run.
    private static func articles(bytes: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: 7)
        let words = (0..<2000).map { _ in
            String(
                (0..<Int.random(in: 2...9, using: &generator)).map { _ in
                    "eeeeaaaiiootnrsldhcumpgbfvk".randomElement(using: &generator) ?? "e"
                })
        }
        func some(_ count: Int) -> String {
            (0..<count).compactMap { _ in words.randomElement(using: &generator) }.joined(separator: " ")
        }
        var text: [UInt8] = []
        while text.count < bytes {
            let id = UUIDv7(at: Timestamp(seconds: 1_800_000_000), using: &generator)
            let item =
                #"{"id":"\#(id)","type":"article","title":"\#(some(6))","summary":"\#(some(30))","locale":"en","#
                + #""author":{"id":"\#(id)","handle":"\#(some(1))"},"status":"published","readingMinutes":4},"#
            text += Array(item.utf8)
        }
        return text
    }
}
