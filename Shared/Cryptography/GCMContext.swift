internal import COpenSSL

/// One sealing or opening, in this order: `authenticate`, `transform`, then the tag.
@safe final class GCMContext {
    private let context: OpaquePointer

    init(key: [UInt8], nonce: [UInt8], isSealing: Bool) {
        unsafe context = Libcrypto.required(EVP_CIPHER_CTX_new())
        unsafe key.withUnsafeBufferPointer { key in
            unsafe nonce.withUnsafeBufferPointer { nonce in
                unsafe Libcrypto.require(
                    EVP_CipherInit_ex2(
                        context, Libcrypto.aes256GCM, key.baseAddress, nonce.baseAddress, isSealing ? 1 : 0, nil))
            }
        }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    func authenticate(_ associatedData: [UInt8]) {
        guard !associatedData.isEmpty else { return }
        var length: Int32 = 0
        unsafe associatedData.withUnsafeBufferPointer { data in
            unsafe Libcrypto.require(
                EVP_CipherUpdate(context, nil, &length, data.baseAddress, Int32(data.count)))
        }
    }

    func transform(_ input: ArraySlice<UInt8>) -> [UInt8] {
        guard !input.isEmpty else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: input.count) { output, count in
            var length: Int32 = 0
            unsafe input.withUnsafeBufferPointer { input in
                unsafe Libcrypto.require(
                    EVP_CipherUpdate(context, output.baseAddress, &length, input.baseAddress, Int32(input.count)))
            }
            count = Int(length)
        }
    }

    func sealingTag() -> [UInt8] {
        Libcrypto.require(finish())
        return unsafe [UInt8](unsafeUninitializedCapacity: AES256GCM.tagBytes) { tag, count in
            unsafe Libcrypto.require(
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(AES256GCM.tagBytes), tag.baseAddress))
            count = AES256GCM.tagBytes
        }
    }

    func accepts(tag: [UInt8]) -> Bool {
        var tag = tag
        unsafe tag.withUnsafeMutableBufferPointer { tag in
            unsafe Libcrypto.require(
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), tag.baseAddress))
        }
        return finish() == 1
    }

    /// GCM writes nothing here, yet libcrypto wants room for a block.
    private func finish() -> Int32 {
        var length: Int32 = 0
        var block = [UInt8](repeating: 0, count: 16)
        return unsafe block.withUnsafeMutableBufferPointer { block in
            unsafe EVP_CipherFinal_ex(context, block.baseAddress, &length)
        }
    }
}
