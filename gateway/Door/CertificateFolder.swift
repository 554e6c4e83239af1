internal import Glibc
internal import Primitives
internal import ServiceKit
internal import TLS

/// A folder of certificates: `<name>-certificate.pem` with its chain beside `<name>-key.pem`. The one called `gateway`
/// must be there, and is shown to clients that ask for a name which no certificate covers.
struct CertificateFolder: Sendable {
    /// Certificates of one folder. Each costs a few dozen kilobytes.
    static let certificatesMax = 1000
    private static let suffix = "-certificate.pem"

    struct Pair: Sendable, Equatable {
        let chainPath: String
        let keyPath: String
    }

    /// What tells whether a file has changed, be it written over, replaced or another target of its link.
    struct Stamp: Sendable, Equatable {
        let path: String
        private let device: UInt
        private let inode: UInt
        private let size: Int
        private let modified: [Int]
        private let changed: [Int]

        /// All zero where there is no such file.
        init(_ path: String) {
            var facts = stat()
            if stat(path, &facts) != 0 { facts = stat() }
            self.path = path
            device = UInt(facts.st_dev)
            inode = UInt(facts.st_ino)
            size = Int(facts.st_size)
            modified = [facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
            changed = [facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec]
        }
    }

    let keys: KeysDirectory

    /// The default one first, then the others by name.
    func pairs() throws(FileFault) -> [Pair] {
        var names: [String] = []
        guard let folder = opendir(keys.path) else { throw FileFault(path: keys.path, doing: "read", code: errno) }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(Self.suffix), name != KeysDirectory.certificateFile, !name.hasPrefix(".") else {
                continue
            }
            names.append(String(name.dropLast(Self.suffix.count)))
            guard names.count < Self.certificatesMax else {
                throw FileFault(path: keys.path, trouble: "it has more than \(Self.certificatesMax) certificates")
            }
        }
        let others = names.sorted().map { name in
            Pair(chainPath: "\(keys.path)/\(name)\(Self.suffix)", keyPath: "\(keys.path)/\(name)-key.pem")
        }
        return [Pair(chainPath: keys.certificatePath, keyPath: keys.certificateKeyPath)] + others
    }

    func stamps() -> [Stamp] {
        let pairs = (try? pairs()) ?? []
        return pairs.flatMap { [Stamp($0.chainPath), Stamp($0.keyPath)] }
    }
}

extension CertificateFolder.Pair {
    func read() throws -> TLSCertificate {
        let chain = Array(try TextFile.read(chainPath).utf8)
        let key = Secret(Array(try SecretFile.read(keyPath).text.utf8))
        do throws(TLSFailure) {
            return try TLSCertificate(chainPEM: chain, keyPEM: key)
        } catch {
            throw TLSFailure(error.reason, "\(chainPath): \(error.detail)")
        }
    }
}
