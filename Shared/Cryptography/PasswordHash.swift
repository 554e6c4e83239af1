/// An Argon2id hash with all that is needed to check a password against it (RFC 9106).
///
/// Written and read as a PHC string: `$argon2id$v=19$m=12288,t=3,p=1$<salt>$<tag>`, in base64 without padding. Such a
/// string is not a secret by itself, yet allows guessing: it is stored sealed (`SealingKeyring`, purpose `pepper`).
package struct PasswordHash: Sendable, Hashable {
    /// libsodium's salts have this length and no other.
    package static let saltBytes = 16
    package static let tagBytes = 32
    /// Passwords are limited to 128 code points, of up to four bytes.
    package static let passwordBytesMax = 512

    package let parameters: PasswordParameters
    package let salt: [UInt8]
    package let tag: [UInt8]

    init(parameters: PasswordParameters, salt: [UInt8], tag: [UInt8]) {
        self.parameters = parameters
        self.salt = salt
        self.tag = tag
    }

    /// Whether a new hash under `parameters` would take more memory or more passes, or have another tag: then the
    /// password, once it matched, is hashed anew. One that took more already stays as it is.
    package func isOutdated(by parameters: PasswordParameters) -> Bool {
        self.parameters.memoryKiB < parameters.memoryKiB || self.parameters.iterations < parameters.iterations
            || tag.count != Self.tagBytes
    }
}

/// The cost of one hash. Parallelism is always 1: libsodium knows no other.
package struct PasswordParameters: Sendable, Hashable {
    package static let memoryKiBRange = 8...65_536
    package static let iterationsRange = 1...10

    package let memoryKiB: Int
    package let iterations: Int

    /// Nil outside of the ranges: a stored string must not make the service allocate without bound.
    package init?(memoryKiB: Int, iterations: Int) {
        guard Self.memoryKiBRange.contains(memoryKiB), Self.iterationsRange.contains(iterations) else { return nil }
        self.init(checkedMemoryKiB: memoryKiB, iterations: iterations)
    }

    private init(checkedMemoryKiB memoryKiB: Int, iterations: Int) {
        self.memoryKiB = memoryKiB
        self.iterations = iterations
    }

    /// The settings of OWASP's Password Storage Cheat Sheet for Argon2id, each as strong as the others.
    private static let equivalents: [(memoryKiB: Int, iterations: Int)] = [
        (47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5),
    ]

    /// Whether it takes as much memory and as many passes as one of OWASP's settings.
    package var isStrong: Bool {
        Self.equivalents.contains { memoryKiB >= $0.memoryKiB && iterations >= $0.iterations }
    }

    /// 12 MiB, 3 passes: one of OWASP's settings.
    package static let standard = PasswordParameters(checkedMemoryKiB: 12_288, iterations: 3)
}
