internal import NIOCore
internal import Primitives

/// One command on its way out, written as a RESP array of bulk strings.
///
/// Written here and not by hiredis' formatter: that wants an array of C pointers and returns a block of its own, two
/// allocations and one copy more than writing into the buffer that goes to the socket.
package struct RedisArguments: Sendable {
    /// Room for `*`, the count and the line end, which are known last.
    private static let headerBytesMax = 24

    private var buffer: ByteBuffer
    private var count = 0

    package init(_ name: StaticString) {
        buffer = ByteBufferAllocator().buffer(capacity: 128)
        buffer.writeRepeatingByte(0, count: Self.headerBytesMax)
        append(name.description)
    }

    package init(_ name: StaticString, _ texts: String...) {
        self.init(name)
        append(contentsOf: texts)
    }

    package init(_ name: StaticString, _ texts: [String]) {
        self.init(name)
        append(contentsOf: texts)
    }

    package mutating func append(_ text: String) {
        writeLine(UInt8(ascii: "$"), text.utf8.count)
        buffer.writeString(text)
        writeLineEnd()
        count += 1
    }

    package mutating func append(_ bytes: [UInt8]) {
        writeLine(UInt8(ascii: "$"), bytes.count)
        buffer.writeBytes(bytes)
        writeLineEnd()
        count += 1
    }

    package mutating func append(_ number: Int64) {
        append(String(number))
    }

    package mutating func append(contentsOf texts: [String]) {
        for text in texts { append(text) }
    }

    /// The command as it goes to the socket.
    consuming func encoded() -> ByteBuffer {
        let header = "*\(count)\r\n"
        let start = Self.headerBytesMax - header.utf8.count
        var encoded = buffer
        buffer = ByteBuffer()
        encoded.setString(header, at: start)
        encoded.moveReaderIndex(to: start)
        return encoded
    }

    private mutating func writeLine(_ kind: UInt8, _ number: Int) {
        buffer.writeInteger(kind)
        buffer.writeString(String(number))
        writeLineEnd()
    }

    private mutating func writeLineEnd() {
        buffer.writeInteger(UInt16(0x0D0A))
    }
}

extension Duration {
    /// Milliseconds for Redis, which takes no 0: rounded up, at least 1.
    var redisMilliseconds: Int64 { max(1, (wholeMicroseconds + 999) / 1000) }
}
