internal import Contract
internal import JSON
internal import Primitives
internal import Protocol

/// Every document that the gateway serves by itself.
enum OwnDocuments {
    /// The version in the OpenAPI document: of the API, not of a build.
    private static let apiVersion = "1"

    /// - Parameters:
    ///   - publicURL: where clients find the gateway, without a slash at its end.
    ///   - securityContact: a URI for reports of weaknesses (RFC 9116, section 2.5.3); nil leaves the file out.
    ///   - now: when the process started; the security file expires a year later.
    static func all(publicURL: String, securityContact: String?, now: Timestamp) -> [Document] {
        var documents = [
            Document("/", operation: "index", contentType: "application/json", body: index),
            Document(
                "/openapi.json", operation: "openapi", contentType: "application/json",
                body: OpenAPIDocument(
                    title: "Causeway", version: apiVersion, endpoints: Suite.descriptions, problems: Suite.problems
                ).encoded()),
            Document("/verify", operation: "verify", page: VerifyPage.page),
        ]
        documents += ProblemPages.documents(Suite.problems)
        if let securityContact {
            documents.append(
                Document(
                    "/.well-known/security.txt", operation: "security-txt", contentType: "text/plain; charset=utf-8",
                    body: securityText(publicURL, securityContact, now)))
        }
        return documents
    }

    private static let index = JSONWriter.object { json in
        json.member("name", string: "Causeway")
        json.member("openapi", string: "/openapi.json")
        json.member("problems", string: "/problems")
        json.member("health", string: "/readyz")
    }

    /// RFC 9116, section 2.5: `Contact` and `Expires` are required.
    private static func securityText(_ publicURL: String, _ contact: String, _ now: Timestamp) -> [UInt8] {
        let expires = (now + .seconds(365 * 86_400)).truncatedToMilliseconds
        let text = """
            Contact: \(contact)
            Expires: \(expires)
            Preferred-Languages: en
            Canonical: \(publicURL)/.well-known/security.txt

            """
        return Array(text.utf8)
    }
}
