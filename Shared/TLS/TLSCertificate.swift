internal import COpenSSL
package import Primitives

/// A certificate with its chain and its private key, known to belong together.
package final class TLSCertificate: Sendable {
    let chain: X509Chain
    let key: PrivateKey

    /// The DNS names of the leaf in lower case, wildcards among them.
    package let names: [String]

    /// Whether it is one that `DevelopmentCertificate` makes.
    package var isForDevelopment: Bool { chain.commonName == DevelopmentCertificate.commonName }

    /// The end of the leaf's validity.
    package let expiresAt: Timestamp

    /// - Parameters:
    ///   - chainPEM: the leaf first, then each issuer, without the root.
    ///   - keyPEM: the leaf's private key, not encrypted.
    package init(chainPEM: [UInt8], keyPEM: Secret<[UInt8]>) throws(TLSFailure) {
        chain = try X509Chain(pem: chainPEM, countMax: TLSLimits.chainCertificatesMax)
        key = try PrivateKey(pem: keyPEM)
        guard unsafe X509_check_private_key(chain.leaf, key.handle) == 1 else {
            OpenSSLErrors.clear()
            throw TLSFailure(.configuration, "the private key is not the certificate's")
        }
        guard let expiresAt = chain.expiresAt else {
            throw TLSFailure(.configuration, "the certificate's end cannot be read")
        }
        self.expiresAt = expiresAt
        names = chain.names
    }

    /// The end of validity of the first certificate in a PEM text, for a look at a file without its key.
    package static func expiresAt(chainPEM: [UInt8]) throws(TLSFailure) -> Timestamp {
        let chain = try X509Chain(pem: chainPEM, countMax: TLSLimits.chainCertificatesMax)
        guard let expiresAt = chain.expiresAt else {
            throw TLSFailure(.configuration, "the certificate's end cannot be read")
        }
        return expiresAt
    }
}
