internal import Glibc

/// One end of the conversation between predecessor and successor: messages, and descriptors with them. Blocks.
final class HandoverChannel: Sendable {
    private let descriptor: Int32

    /// Takes the descriptor over.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to whoever listens at `path`; nil where nobody does.
    static func connect(_ path: String) throws(HandoverFault) -> HandoverChannel? {
        let channel = HandoverChannel(try open())
        let code = withUnixAddress(path) { Glibc.connect(channel.descriptor, $0, $1) == 0 ? 0 : errno }
        switch code {
        case 0: return channel
        // No file, or one that a process has left behind.
        case ENOENT, ECONNREFUSED: return nil
        case EAGAIN: throw .silent
        default: throw .system("connect: \(String(cString: strerror(code)))")
        }
    }

    static func open() throws(HandoverFault) -> Int32 {
        do throws(SystemFault) {
            return try SystemFault.check("socket") {
                socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            }
        } catch { throw HandoverFault(error) }
    }

    /// The user whose process is at the other end.
    var peerUser: uid_t? {
        // C's `struct ucred`, which only GNU's headers show: process, user, group.
        var peer: (pid_t, uid_t, gid_t) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.1 : nil
    }

    /// Ends the conversation: who waits at either end is woken.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ message: HandoverMessage, _ descriptors: [Int32] = []) throws(HandoverFault) {
        var bytes = message.bytes
        var control = ControlBuffer(descriptors)
        do throws(SystemFault) {
            try SystemFault.check("sendmsg") {
                bytes.withUnsafeMutableBytes { bytes in
                    var piece = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return control.withHeader(&piece) { Int32(sendmsg(descriptor, $0, Int32(MSG_NOSIGNAL))) }
                }
            }
        } catch { throw error.code == EPIPE ? .broken("the other process is gone") : HandoverFault(error) }
    }

    /// The next message and the descriptors that came with it, which are the caller's to close.
    func receive(within milliseconds: Int32) throws(HandoverFault) -> (HandoverMessage, [Int32]) {
        try wait(milliseconds)
        var bytes = [UInt8](repeating: 0, count: HandoverMessage.bytesMax)
        var control = ControlBuffer(spaceFor: HandoverMessage.socketsMax)
        let count: Int32
        do throws(SystemFault) {
            count = try SystemFault.check("recvmsg") {
                bytes.withUnsafeMutableBytes { bytes in
                    var piece = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return control.withHeader(&piece) {
                        Int32(recvmsg(descriptor, $0, Int32(MSG_CMSG_CLOEXEC)))
                    }
                }
            }
        } catch { throw HandoverFault(error) }
        let descriptors = control.descriptors
        guard count > 0, let message = HandoverMessage(bytes.prefix(Int(count))) else {
            for descriptor in descriptors { close(descriptor) }
            throw .broken(
                count > 0 ? "the other process says what makes no sense" : "the other process is gone")
        }
        return (message, descriptors)
    }

    private func wait(_ milliseconds: Int32) throws(HandoverFault) {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready: Int32
        do throws(SystemFault) {
            ready = try SystemFault.check("poll") { poll(&wanted, 1, milliseconds) }
        } catch { throw HandoverFault(error) }
        if ready == 0 { throw .silent }
    }
}

/// Calls `body` with the address of a socket in the file system, whose path must fit.
func withUnixAddress<Value>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
}
