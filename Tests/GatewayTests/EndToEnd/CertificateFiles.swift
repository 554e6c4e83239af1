import Foundation
import Primitives
import ServiceKit
import TLS

/// A fresh certificate as files.
struct CertificateFiles {
    let chain: Data
    let key: Data

    static func make() throws -> CertificateFiles {
        let made = try DevelopmentCertificate.make(names: ["localhost", "127.0.0.1"], validDays: 1)
        return CertificateFiles(chain: Data(made.certificatePEM), key: Data(made.keyPEM.exposedValue))
    }

    func write(over gateway: TestGateway) throws {
        let keys = KeysDirectory(path: gateway.folder.path)
        try chain.write(to: URL(fileURLWithPath: keys.certificatePath))
        try key.write(to: URL(fileURLWithPath: keys.certificateKeyPath))
    }
}
