internal import COpenSSL

/// OpenSSL's error queue of this thread: cleared before each call that is judged, drained after each that failed.
enum OpenSSLErrors {
    static func clear() {
        // Clearing goes through all of the queue's places, also where nothing is in them.
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    /// Takes all errors: the code of the first and the words of all.
    static func drain() -> (code: UInt, text: String) {
        var first: UInt = 0
        var texts: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            if first == 0 { first = code }
            let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
                unsafe ERR_error_string_n(code, buffer.baseAddress, buffer.count)
                return unsafe buffer.baseAddress.map { unsafe String(cString: $0) } ?? ""
            }
            texts.append(text)
        }
        return (first, texts.isEmpty ? "no reason given" : texts.joined(separator: "; "))
    }

    /// The failure of a step in making a context or a certificate.
    static func configurationFailure(_ step: String) -> TLSFailure {
        TLSFailure(.configuration, "\(step): \(drain().text)")
    }
}
