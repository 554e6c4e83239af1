package import Contract
package import Protocol

/// What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): long, and not what an attacker tries first.
/// No rule of composition, no trimming, no normalisation: it is taken exactly as received.
package struct PasswordRules: Sendable {
    /// The contract's limit, in Unicode code points.
    package static let codePointsMax = Register.passwordLength.upperBound
    /// What a password must not be, beside the account's own names.
    private static let serviceNames = ["causeway"]

    package let codePointsMin: Int
    private let common: CommonPasswords

    package init(codePointsMin: Int, common: CommonPasswords) {
        self.codePointsMin = codePointsMin
        self.common = common
    }

    /// Everything that is wrong with `password` for an account with this address and name; empty when it is good.
    package func faults(
        of password: String, email: EmailAddress, displayName: String?, serviceName: String
    ) -> [FieldFault] {
        var faults: [FieldFault] = []
        func refuse(_ code: String, _ message: String) {
            faults.append(FieldFault(.body(pointer: "/password"), code, message))
        }
        let length = password.unicodeScalars.count
        if !(codePointsMin...Self.codePointsMax).contains(length) {
            refuse("length", "It must have \(codePointsMin) to \(Self.codePointsMax) characters.")
        }
        let folded = password.lowercased()
        if common.contains(folded) { refuse("common", "It is in the list of common passwords.") }
        if [email.key, email.localPart].contains(folded) {
            refuse("same-as-email", "It must not be the mail address or its first part.")
        }
        if let displayName, Self.forms(of: displayName).contains(Self.squeezed(folded)) {
            refuse("same-as-name", "It must not be the account's name.")
        }
        if (Self.serviceNames + [Self.squeezed(serviceName)]).contains(Self.squeezed(folded)) {
            refuse("same-as-service", "It must not be the service's name.")
        }
        return faults
    }

    /// What the name, and the handle that will be made of it, come to: as it stands, and in the letters that handles
    /// are written with, whole and as long as a handle may be.
    private static func forms(of name: String) -> Set<String> {
        let slugs = [Int.max, ProfileView.handleLength.upperBound].compactMap { Slug.make(from: name, lengthMax: $0) }
        return Set(([name] + slugs).map(squeezed))
    }

    /// Case and separators do not make another name.
    private static func squeezed(_ text: String) -> String {
        text.lowercased().filter { $0.isLetter || $0.isNumber }
    }
}

extension EmailAddress {
    fileprivate var localPart: String { String(key.prefix { $0 != "@" }) }
}
