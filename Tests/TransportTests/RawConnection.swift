import Foundation
import Glibc

/// A blocking TCP connection to 127.0.0.1 for bytes that no proper client would send.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(port: Int, receiveBufferBytes: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let rest = Array(bytes[sent...])
            let count = Glibc.send(descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return }
            sent += count
        }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Ends our half.
    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What comes next; empty at the end of the connection, nil when nothing comes for ten seconds.
    func receive() async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let count = recv(self.descriptor, &buffer, buffer.count, 0)
                let isTimeout = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
                continuation.resume(returning: isTimeout ? nil : Array(buffer.prefix(max(0, count))))
            }
        }
    }

    /// All that comes until the other side ends; the flag says whether it did.
    func receiveAll() async -> (text: String, ended: Bool) {
        var all: [UInt8] = []
        while true {
            guard let bytes = await receive() else { return (String(decoding: all, as: UTF8.self), false) }
            if bytes.isEmpty { return (String(decoding: all, as: UTF8.self), true) }
            all += bytes
        }
    }

    /// Reads until the text holds `marker` (or the end).
    func receive(until marker: String) async -> String {
        var all = ""
        while !all.contains(marker), let bytes = await receive(), !bytes.isEmpty {
            all += String(decoding: bytes, as: UTF8.self)
        }
        return all
    }
}
