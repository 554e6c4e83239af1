internal import Cryptography
internal import Primitives
internal import ServiceKit

extension FuzzTarget {
    private static let scalar = Array(repeating: UInt8(7), count: 31) + [1]
    private static let signingKey: P256PrivateKey = {
        guard let key = P256PrivateKey(scalar: Secret(scalar)) else { preconditionFailure("a small number is a key") }
        return key
    }()
    private static let keys = P256KeySet([signingKey.publicKey])
    /// The one good token: signatures are randomised, so that it is made once.
    private static let token = JWS.sign(Array("{\"sub\":\"a\",\"exp\":1}".utf8), type: "at+jwt", key: signingKey)

    /// No token but the one that was signed is verified. `@` stands for it, and `@0`, `@1`, `@2` for its parts.
    static let jws = FuzzTarget(
        name: "jws",
        dictionary: [
            "@", "@0", "@1", "@2", ".", "..", "=", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9",
            "e30", "AAAA",
        ]
    ) { (bytes) throws(FuzzFinding) in
        let parts = token.split(separator: ".").map(String.init)
        var text = bytes.text
        for (index, part) in parts.enumerated() { text = replaced("@\(index)", part, in: text) }
        text = replaced("@", token, in: text)
        for expectedType in ["at+jwt", "JWT"] {
            guard let verified = try? keys.verify(text, expectedType: expectedType) else { continue }
            try require(text == token && expectedType == "at+jwt", "verified: \(text)")
            _ = try? AccessTokenClaims(payload: verified.payload)
        }
    }

    private static let sealer = CursorSealer(keys: [Secret(Array(repeating: 9, count: 32))])

    /// Only what was sealed for a list opens for it, and it opens to what it was.
    static let cursor = FuzzTarget(name: "cursor", dictionary: ["@", "A", "_", "-", "=", "AAAAAAAAAAAAAAAAAAAAAA"]) {
        (bytes) throws(FuzzFinding) in
        let list = ListIdentity(operation: "listArticles", order: "newest-first", filter: [nil, "a"])
        let other = ListIdentity(operation: "listArticles", order: "newest-first", filter: ["", "a"])
        let good = sealer.seal([1, 2, 3], for: list)
        let text = replaced("@", good, in: bytes.text)
        if let opened = sealer.open(text, for: list) {
            try require(text == good && opened == [1, 2, 3], "\(text) opens to \(opened)")
        }
        try require(sealer.open(text, for: other) == nil, "\(text) opens for another list")
        let own = sealer.seal(bytes, for: list)
        try require(sealer.open(own, for: list) == bytes, "what was sealed does not open")
    }

    private static func replaced(_ mark: String, _ text: String, in whole: String) -> String {
        guard !mark.isEmpty else { return whole }
        var result: [UInt8] = []
        var rest = Array(whole.utf8)[...]
        while !rest.isEmpty {
            if rest.starts(with: mark.utf8) {
                result += Array(text.utf8)
                rest = rest.dropFirst(mark.utf8.count)
            } else if let byte = rest.popFirst() {
                result.append(byte)
            }
        }
        return result.text
    }
}
