/// A bound on how much longer than a text its HTML can be, read off the text before it is parsed.
///
/// Two constructs make output that grows with the product of two parts of the text: a table fills every short row up to
/// the columns of its head, and each use of a reference link repeats the reference's address and title.
struct MarkdownAmplification {
    /// Cells that all tables together may have, the filled-up ones included.
    static let tableCellsMax = 100_000
    /// Bytes that the uses of references may add.
    static let referenceBytesMax = 8 * 1024 * 1024

    private var lines = 0
    private var columnsMax = 0
    private var brackets = 0
    private var paragraphBytes = 0
    private var paragraphDefines = false
    private var definitionBytesMax = 0
    private var line = Line()

    private struct Line {
        var bytes = 0
        var pipes = 0
        var isBlank = true
        var mayDelimit = true
        var last: UInt8 = 0
    }

    init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            // The second half of CRLF, which has ended its line already.
            case UInt8(ascii: "\n") where previous == UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): endLine()
            default: read(byte)
            }
            previous = byte
        }
        endLine()
        endParagraph()
    }

    var isBounded: Bool {
        columnsMax * lines <= Self.tableCellsMax && definitionBytesMax * brackets <= Self.referenceBytesMax
    }

    private mutating func read(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "|"): line.pipes += 1
        case UInt8(ascii: "["): brackets += 1
        case UInt8(ascii: ":") where line.last == UInt8(ascii: "]"): paragraphDefines = true
        default: break
        }
        if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { line.isBlank = false }
        if line.mayDelimit, !Self.mayStandInDelimiterRow(byte) { line.mayDelimit = false }
        line.bytes += 1
        line.last = byte
    }

    private mutating func endLine() {
        lines += 1
        if line.mayDelimit { columnsMax = max(columnsMax, line.pipes + 1) }
        if line.isBlank { endParagraph() } else { paragraphBytes += line.bytes + 1 }
        line = Line()
    }

    private mutating func endParagraph() {
        if paragraphDefines { definitionBytesMax = max(definitionBytesMax, paragraphBytes) }
        paragraphBytes = 0
        paragraphDefines = false
    }

    /// The row under a table's head, or the marks of the quotes and lists that the table stands in.
    private static func mayStandInDelimiterRow(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "|"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0B, 0x0C,
            UInt8(ascii: ">"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: ")"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
