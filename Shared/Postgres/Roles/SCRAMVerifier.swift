internal import CPostgres
internal import Primitives

/// What a server keeps of a password (RFC 5803), made here so that the password never travels in SQL.
enum SCRAMVerifier {
    /// Nil where the password cannot be one, such as the empty one, or memory is out.
    static func make(_ password: Secret<String>) -> String? {
        guard !password.exposedValue.isEmpty else { return nil }
        // libpq wants a connection to report errors on; one with an impossible parameter stays without a socket.
        let keywords: [UnsafePointer<CChar>?] = unsafe [constant("causeway"), nil]
        let values: [UnsafePointer<CChar>?] = unsafe [constant("none"), nil]
        guard let handle = unsafe PQconnectStartParams(keywords, values, 0) else { return nil }
        defer { unsafe PQfinish(handle) }
        guard let verifier = unsafe PQencryptPasswordConn(handle, password.exposedValue, "", "scram-sha-256") else {
            return nil
        }
        defer { unsafe PQfreemem(verifier) }
        return unsafe String(cString: verifier)
    }

    private static func constant(_ text: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
