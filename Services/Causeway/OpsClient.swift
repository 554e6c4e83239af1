import Glibc

/// Reads an operators' port over one plain HTTP/1.1 connection: enough for a health check, with nothing to start first.
enum OpsClient {
    /// - Returns: the status and the body of `GET path`.
    static func get(
        _ path: String, host: String, port: Int, timeoutSeconds: Int
    ) throws(OpsFault) -> (status: Int, body: String) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else {
            throw OpsFault("\(host) is not a literal address")
        }
        defer { freeaddrinfo(address) }
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw OpsFault("no socket: \(lastError)") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            let nobodyListens = errno == ECONNREFUSED
            throw OpsFault("nothing answers on \(host) port \(port): \(lastError)", nobodyListens: nobodyListens)
        }
        let request = Array("GET \(path) HTTP/1.1\r\nhost: \(host)\r\nconnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw OpsFault("the connection broke: \(lastError)")
        }
        return try parse(readAll(descriptor))
    }

    private static var lastError: String { String(cString: strerror(errno)) }

    private static func readAll(_ descriptor: Int32) -> String {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while all.count < 1 << 20 {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            all += chunk[..<count]
        }
        return String(decoding: all, as: UTF8.self)
    }

    private static func parse(_ text: String) throws(OpsFault) -> (status: Int, body: String) {
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { throw OpsFault("the answer is not HTTP") }
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        guard let empty = lines.firstIndex(of: "") else { return (status, "") }
        lines.removeFirst(empty + 1)
        return (status, lines.joined(separator: "\n"))
    }
}

/// Why an operators' port gave no answer.
struct OpsFault: Error, CustomStringConvertible {
    let description: String
    /// Whether there is no process on that port at all.
    let nobodyListens: Bool

    init(_ description: String, nobodyListens: Bool = false) {
        self.description = description
        self.nobodyListens = nobodyListens
    }
}
