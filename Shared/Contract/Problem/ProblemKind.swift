/// One kind of error that the API tells about: its code, its status, and what its page at `/problems/<code>` says.
package struct ProblemKind: Sendable, Hashable {
    /// Kebab-case, for example `not-found`; part of the public API.
    package let code: String
    /// 400…599.
    package let status: Int
    /// One short sentence for people, the same for every occurrence (RFC 9457, section 3.1.3).
    package let title: String
    /// Why it happens.
    package let cause: String
    /// What the caller can do.
    package let fix: String

    package init(_ code: String, _ status: Int, _ title: String, cause: String, fix: String) {
        precondition((400...599).contains(status), "a problem has an error status")
        self.code = code
        self.status = status
        self.title = title
        self.cause = cause
        self.fix = fix
    }
}
