import ServiceKit

/// The part of the keys folder that one process or server reads, so that it can be given that and no more.
enum KeyShare: String, CaseIterable {
    case gateway, auth, user, content, migrate, postgres, redis

    /// The password of PostgreSQL's superuser, whom `causeway migrate` makes roles as.
    static let superuserPasswordFile = "postgres-superuser"
    static let redisPasswordFile = "redis-password"

    /// The files of the share, by name.
    var files: [String] {
        switch self {
        case .gateway: of(.gateway) + [KeysDirectory.certificateFile, KeysDirectory.certificateKeyFile]
        case .auth: of(.auth)
        case .user: of(.user)
        case .content: of(.content)
        case .migrate: SuiteSchema.passwordFiles + [Self.superuserPasswordFile]
        case .postgres: [Self.superuserPasswordFile]
        case .redis: [Self.redisPasswordFile]
        }
    }

    /// Who may read them. Servers run as users of their own, who are let in by the group.
    var mode: UInt32 {
        switch self {
        case .gateway, .auth, .user, .content, .migrate: 0o600
        case .postgres, .redis: 0o640
        }
    }

    /// Copies what is new or has changed from the keys folder into `folder`.
    ///
    /// - Returns: the names of the files that were written.
    func update(_ folder: String, from keys: KeysDirectory) throws(FileFault) -> [String] {
        try TextFile.makeDirectory(folder)
        var written: [String] = []
        for file in files {
            let text = try TextFile.read("\(keys.path)/\(file)")
            let path = "\(folder)/\(file)"
            if TextFile.exists(path), try TextFile.read(path) == text { continue }
            try TextFile.replace(path, text + "\n", mode: mode)
            written.append(file)
        }
        return written
    }

    /// What a process needs, and what it opens Redis with.
    private func of(_ part: Serve.Part) -> [String] {
        part.needs.keys.map(\.file) + part.needs.roles.map(KeysDirectory.passwordFile) + [Self.redisPasswordFile]
    }
}
