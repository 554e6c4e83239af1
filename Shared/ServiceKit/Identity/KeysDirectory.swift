package import Contract
internal import Cryptography
package import Primitives

/// The folder that holds a process's secrets, one file each, readable by its owner only.
///
/// A key file holds lines `<id> <base64url of 32 bytes>`: the first is used for new work, the others still open and
/// verify what older ones made. Operators rotate by putting a new line first.
package struct KeysDirectory: Sendable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// The gateway's certificate chain, PEM.
    package static let certificateFile = "gateway-certificate.pem"
    package var certificatePath: String { "\(path)/\(Self.certificateFile)" }
    /// The certificate's private key, PEM.
    package static let certificateKeyFile = "gateway-key.pem"
    package var certificateKeyPath: String { "\(path)/\(Self.certificateKeyFile)" }

    /// Secrets of the suite, by the name of their file.
    package enum Name: Sendable, Hashable {
        /// Seals password hashes (security.md, "pepper").
        case pepper
        /// Seals private signing keys and other columns.
        case seal
        /// Authenticates refresh tokens.
        case refresh
        /// Authenticates list cursors.
        case cursor
        /// Authenticates caller contexts from one process to another.
        case context(from: ServiceName, to: ServiceName)

        package var file: String {
            switch self {
            case .pepper: "pepper.key"
            case .seal: "seal.key"
            case .refresh: "refresh.key"
            case .cursor: "cursor.key"
            case .context(let issuer, let audience): "context-\(issuer.rawValue)-\(audience.rawValue).key"
            }
        }

        /// Every key of the suite: what `causeway keys` makes.
        package static let all: [Name] =
            [.pepper, .seal, .refresh, .cursor] + contextPairs.map { .context(from: $0.0, to: $0.1) }

        /// Who calls whom.
        package static let contextPairs: [(ServiceName, ServiceName)] = [
            (.gateway, .auth), (.gateway, .user), (.gateway, .content), (.user, .auth), (.content, .auth),
            (.content, .user),
        ]
    }

    /// One key of a file.
    package struct Key: Sendable {
        package let id: String
        package let bytes: Secret<[UInt8]>
    }

    /// The keys of a file, the current one first.
    package func keys(_ name: Name) throws(KeysFault) -> [Key] {
        let path = "\(path)/\(name.file)"
        let text: String
        do {
            text = try SecretFile.read(path).text
        } catch {
            throw KeysFault("\(error). `causeway keys --directory \(self.path)` makes missing keys.")
        }
        var keys: [Key] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let bytes = Base64URL.decode(parts[1]), bytes.count == 32 else {
                throw KeysFault("\(path): a line is not `<id> <43 characters of base64url>`.")
            }
            keys.append(Key(id: String(parts[0]), bytes: Secret(bytes)))
        }
        guard !keys.isEmpty else { throw KeysFault("\(path): there is no key in it.") }
        return keys
    }

    /// The password of a database role.
    package func postgresPassword(role: String) throws(KeysFault) -> Secret<String> {
        do {
            return Secret(try SecretFile.read("\(path)/\(Self.passwordFile(ofRole: role))").text)
        } catch {
            throw KeysFault("\(error). `causeway keys --directory \(path)` makes missing keys.")
        }
    }

    /// The file with the password of a database role.
    package static func passwordFile(ofRole role: String) -> String { "postgres-\(role)" }

    /// Makes whatever is missing and leaves what is there alone.
    ///
    /// - Parameter passwords: the files, beside those of the keys, that hold a password each.
    /// - Returns: the names of the files that were made.
    package func makeMissing(passwords: [String]) throws(FileFault) -> [String] {
        try TextFile.makeDirectory(path)
        var made: [String] = []
        for name in Name.all {
            let line = "\(Hex.encode(Random.bytes(4))) \(Base64URL.encode(Random.bytes(32)))\n"
            if try TextFile.create("\(path)/\(name.file)", line) { made.append(name.file) }
        }
        for file in passwords {
            if try TextFile.create("\(path)/\(file)", Base64URL.encode(Random.bytes(24)) + "\n") { made.append(file) }
        }
        return made
    }
}

/// Why a secret could not be read.
package struct KeysFault: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
