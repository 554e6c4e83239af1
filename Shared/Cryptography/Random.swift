internal import COpenSSL
package import Primitives

/// Unpredictable bytes from libcrypto's generator, seeded by the kernel.
package enum Random {
    /// Ends the process where the system has no randomness to give: every use of these bytes rests on it.
    package static func bytes(_ count: Int) -> [UInt8] {
        precondition((0...(1 << 20)).contains(count), "that many random bytes are a mistake")
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if count > 0 { unsafe Libcrypto.require(RAND_bytes(buffer.baseAddress, Int32(count))) }
            initialized = count
        }
    }

    /// Bytes for a key, from the generator that never serves public values.
    package static func secretBytes(_ count: Int) -> Secret<[UInt8]> {
        precondition((1...(1 << 20)).contains(count), "that many secret bytes are a mistake")
        return Secret(
            unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                unsafe Libcrypto.require(RAND_priv_bytes(buffer.baseAddress, Int32(count)))
                initialized = count
            })
    }
}
