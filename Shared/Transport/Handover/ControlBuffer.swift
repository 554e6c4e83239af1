internal import Glibc

/// The ancillary data of a message that carries descriptors (SCM_RIGHTS, unix(7)): one `cmsghdr` and the numbers behind
/// it, whose places the macros of C give and Swift does not see.
struct ControlBuffer {
    private static let headerBytes = MemoryLayout<cmsghdr>.size
    private static let numberBytes = MemoryLayout<Int32>.size

    /// In words, since the kernel wants the header aligned.
    private var words: [UInt64]
    private var bytesUsed: Int

    /// To be filled by what comes.
    init(spaceFor count: Int) {
        bytesUsed = Self.headerBytes + count * Self.numberBytes
        words = [UInt64](repeating: 0, count: (bytesUsed + 7) / 8)
        bytesUsed = words.count * 8
    }

    /// To be sent.
    init(_ descriptors: [Int32]) {
        self.init(spaceFor: descriptors.count)
        guard !descriptors.isEmpty else {
            bytesUsed = 0
            return
        }
        var header = cmsghdr()
        header.cmsg_len = Self.headerBytes + descriptors.count * Self.numberBytes
        header.cmsg_level = SOL_SOCKET
        header.cmsg_type = Int32(SCM_RIGHTS)
        words.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: header, as: cmsghdr.self)
            for (index, descriptor) in descriptors.enumerated() {
                bytes.storeBytes(
                    of: descriptor, toByteOffset: Self.headerBytes + index * Self.numberBytes, as: Int32.self)
            }
        }
    }

    /// Those that have come.
    var descriptors: [Int32] {
        guard bytesUsed >= Self.headerBytes else { return [] }
        return words.withUnsafeBytes { bytes in
            let header = bytes.load(as: cmsghdr.self)
            guard header.cmsg_level == SOL_SOCKET, header.cmsg_type == Int32(SCM_RIGHTS) else { return [] }
            let end = min(Int(header.cmsg_len), bytesUsed)
            return stride(from: Self.headerBytes, to: end - Self.numberBytes + 1, by: Self.numberBytes).map {
                bytes.load(fromByteOffset: $0, as: Int32.self)
            }
        }
    }

    /// Calls `body` with a message of this data and one piece of bytes.
    mutating func withHeader<Value>(
        _ piece: inout iovec, _ body: (UnsafeMutablePointer<msghdr>) -> Value
    ) -> Value {
        withUnsafeMutablePointer(to: &piece) { piece in
            words.withUnsafeMutableBytes { control in
                var header = msghdr()
                header.msg_iov = piece
                header.msg_iovlen = 1
                header.msg_control = bytesUsed > 0 ? control.baseAddress : nil
                header.msg_controllen = bytesUsed
                defer { bytesUsed = Int(header.msg_controllen) }
                return body(&header)
            }
        }
    }
}
