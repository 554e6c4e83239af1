internal import Glibc

/// Passwords that everyone tries first, in lower case.
package struct CommonPasswords: Sendable {
    /// The largest list that is read.
    package static let fileBytesMax = 16 * 1024 * 1024
    package static let entriesMax = 500_000

    /// Where the list came from, for the log.
    package let source: String
    private let entries: Set<String>

    package var count: Int { entries.count }

    /// - Parameter folded: in lower case.
    package func contains(_ folded: String) -> Bool { entries.contains(folded) }

    /// The list of the file at `path`, one password a line; where it cannot be read, the built-in one.
    ///
    /// Lines that start with `#!comment` are passed over, as in the list that Debian's `john-data` brings.
    package init(path: String) {
        guard let text = Self.read(path) else {
            self.init(source: "built in (\(path) cannot be read)", Self.builtIn)
            return
        }
        let lines = text.split(separator: UInt8(ascii: "\n")).lazy
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
            .filter { !$0.isEmpty && !$0.starts(with: "#!comment".utf8) }
            .prefix(Self.entriesMax)
        self.init(source: path, lines.map { String(decoding: $0, as: UTF8.self) } + Self.builtIn)
    }

    package init(source: String, _ passwords: [String]) {
        self.source = source
        entries = Set(passwords.map { $0.lowercased() })
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while text.count < fileBytesMax {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { return nil }
            guard count > 0 else { return text }
            text += chunk[..<count]
        }
        return text
    }

    /// Obvious words, runs and keyboard rows, alone, doubled and drawn out, so that the long ones that the length rule
    /// lets through are there too.
    package static let builtIn: [String] = {
        let words = [
            "password", "passwort", "passphrase", "letmein", "welcome", "iloveyou", "sunshine", "princess", "football",
            "baseball", "monkey", "dragon", "master", "shadow", "superman", "batman", "trustno1", "starwars",
            "whatever",
            "freedom", "computer", "internet", "changeme", "secret", "admin", "administrator", "login", "access",
            "test",
            "default", "guest", "hello", "qwerty", "qwertz", "azerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r",
            "1qaz2wsx", "qazwsx", "abc123", "abcdef", "abcdefgh", "correcthorsebatterystaple", "thisismypassword",
            "mypassword", "yourpassword", "nopassword", "password123", "opensesame", "abcdefghijklmno",
            "abcdefghijklmnop", "qwertyuiopasdfg", "qwertyuiopasdfghjkl", "1q2w3e4r5t6y7u8i", "1qaz2wsx3edc4rfv",
        ]
        let endings = [
            "", "1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "!", "2024", "2025", "2026",
        ]
        let digits = (4...20).flatMap { length in
            ["1234567890", "0123456789", "9876543210"].map { String(String(repeating: $0, count: 2).prefix(length)) }
        }
        let repeats = "0123456789abcdefghijklmnopqrstuvwxyz".flatMap { character in
            (6...20).map { String(repeating: character, count: $0) }
        }
        return words.flatMap { word in endings.flatMap { [word + $0, word + word + $0] } }
            + words.map { $0 + $0 + $0 } + digits + repeats
    }()
}
