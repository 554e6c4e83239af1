internal import Primitives

/// The access token that a connection has shown last. Mostly it comes with the next request too, and then costs neither
/// a hash nor a look-up.
final class ShownToken: Sendable {
    private let bytes: [UInt8]
    let verified: VerifiedToken

    init(_ bytes: ArraySlice<UInt8>, _ verified: VerifiedToken) {
        self.bytes = Array(bytes)
        self.verified = verified
    }

    func matches(_ other: ArraySlice<UInt8>) -> Bool { ConstantTime.areEqual(bytes[...], other) }
}
