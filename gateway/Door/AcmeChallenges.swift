internal import Cryptography
internal import Glibc

/// The answers that an ACME client has put into a folder to show that it owns this host (RFC 8555, section 8.3): files
/// called by their tokens.
final class AcmeChallenges: Sendable {
    static let path = "/.well-known/acme-challenge/"
    /// A token has at least 128 bits, so 22 letters; longer ones are none.
    private static let tokenBytesMax = 128
    /// The token, a full stop and a digest.
    private static let answerBytesMax = 512
    /// Reads that may wait; more are asked for by nobody who validates.
    private static let waitingMax = 16

    private let folder: String
    private let reading = BlockingPool(threads: 1, queueMax: waitingMax, waitMax: .seconds(1))

    init(folder: String) {
        self.folder = folder
    }

    /// The answer for a request's path; nil where there is none, or too many are asked for.
    func answer(_ path: String) async -> [UInt8]? {
        guard let token = Self.token(path) else { return nil }
        let file = "\(folder)/\(token)"
        do throws(BlockingPoolFailure) {
            return try await reading.run { Self.read(file) }
        } catch {
            return nil
        }
    }

    /// The token at the end of a path: base64url letters only (RFC 8555), so that no path can be made of it.
    static func token(_ path: String) -> String? {
        guard path.hasPrefix(Self.path) else { return nil }
        let token = path.dropFirst(Self.path.count)
        guard (1...tokenBytesMax).contains(token.utf8.count), token.utf8.allSatisfy(isTokenByte) else { return nil }
        return String(token)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Plain files only: opening a pipe would wait for its writer, and a link could lead anywhere.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
            (1...Int(answerBytesMax)).contains(Int(facts.st_size))
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: answerBytesMax)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }
}
