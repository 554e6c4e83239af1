package import JSON

/// A token whose signature, algorithm and type have been checked. What it claims has not.
package struct VerifiedJWS: Sendable, Hashable {
    package let keyID: String
    package let type: String
    package let payload: JSONObject

    init(keyID: String, type: String, payload: JSONObject) {
        self.keyID = keyID
        self.type = type
        self.payload = payload
    }
}
