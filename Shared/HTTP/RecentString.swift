internal import Primitives

/// The last long string of a connection's header blocks, in code and undone: a client sends its token anew with each
/// request and in the same code, since libraries keep credentials out of the table of fields (RFC 7541, section 7.1.3).
struct RecentString {
    /// Shorter ones are undone nearly as fast as they are found here, longer ones are no tokens.
    private static let codeBytesKept = 96...1024

    /// The code, then what it stands for.
    private var bytes: [UInt8] = []
    private var codeBytes = 0

    /// Writes what the code stands for, if it is the last one.
    ///
    /// - Parameter text: has `HuffmanCode.room(for:)`.
    /// - Returns: how many characters there are.
    func copy(_ code: UnsafeRawBufferPointer, to text: UnsafeMutableRawPointer) -> Int? {
        guard code.count == codeBytes, codeBytes > 0 else { return nil }
        return unsafe bytes.withUnsafeBytes { bytes in
            let known = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<codeBytes])
            guard unsafe ConstantTime.areEqual(known, code), let start = bytes.baseAddress else { return nil }
            unsafe text.copyMemory(from: start + codeBytes, byteCount: bytes.count - codeBytes)
            return bytes.count - codeBytes
        }
    }

    mutating func keep(_ code: UnsafeRawBufferPointer, is text: UnsafeRawBufferPointer) {
        guard Self.codeBytesKept.contains(code.count) else { return }
        unsafe bytes.replaceSubrange(0..., with: code)
        unsafe bytes.append(contentsOf: text)
        codeBytes = code.count
    }
}
