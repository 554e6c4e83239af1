internal import CSodium
internal import Primitives

extension PasswordHash {
    /// Hashes on this thread, which takes tens of milliseconds: services use `PasswordHasher`.
    ///
    /// - Precondition: the password has at most `passwordBytesMax` bytes.
    static func compute(
        password: Secret<String>, parameters: PasswordParameters, salt: [UInt8] = Random.bytes(saltBytes),
        tagBytes: Int = tagBytes
    ) throws(PasswordHasherFailure) -> PasswordHash {
        precondition(salt.count == saltBytes)
        // With its terminating zero, so that an empty password has an address too; the zero is not hashed.
        let password = password.exposedValue.utf8CString
        precondition(password.count - 1 <= passwordBytesMax)
        guard Libsodium.isReady else { throw .outOfMemory }
        var tag = [UInt8](repeating: 0, count: tagBytes)
        let status = unsafe tag.withUnsafeMutableBufferPointer { tag in
            unsafe password.withUnsafeBufferPointer { password in
                unsafe salt.withUnsafeBufferPointer { salt in
                    guard let tagAddress = tag.baseAddress, let text = password.baseAddress,
                        let saltAddress = salt.baseAddress
                    else { return Int32(-1) }
                    return unsafe crypto_pwhash(
                        tagAddress, UInt64(tag.count), text, UInt64(password.count - 1), saltAddress,
                        UInt64(parameters.iterations), parameters.memoryKiB * 1024, crypto_pwhash_alg_argon2id13())
                }
            }
        }
        guard status == 0 else { throw .outOfMemory }
        return PasswordHash(parameters: parameters, salt: salt, tag: tag)
    }

    /// Whether `password` gives this hash; on this thread, as `compute`.
    func matches(_ password: Secret<String>) throws(PasswordHasherFailure) -> Bool {
        let other = try Self.compute(
            password: password, parameters: parameters, salt: salt, tagBytes: tag.count)
        return ConstantTime.areEqual(other.tag, tag)
    }
}

/// libsodium picks its fastest code for this processor once, at the first use.
enum Libsodium {
    static let isReady = sodium_init() >= 0
}
