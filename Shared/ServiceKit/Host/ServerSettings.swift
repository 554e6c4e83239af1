internal import Logging
package import Postgres
package import Primitives
package import Redis
internal import TLS

/// Where the servers are that services keep their data in, and how they are spoken to.
package struct ServerSettings: Sendable {
    package var redis: RedisConfiguration
    package let postgresHost: String
    package let postgresPort: Int
    package let postgresDatabase: String
    package let postgresTLS: PostgresConfiguration.TLSMode
    private let postgresFiles: PostgresConfiguration.TLSFiles

    package init(_ settings: Settings) {
        redis = Self.redis(settings)
        postgresHost = settings(Self.postgresHostSetting)
        postgresPort = settings(Self.postgresPortSetting)
        postgresDatabase = settings(Self.postgresDatabaseSetting)
        postgresTLS = PostgresConfiguration.TLSMode(rawValue: settings(Self.postgresTLSSetting)) ?? .prefer
        postgresFiles = PostgresConfiguration.TLSFiles(
            authorities: settings.path(Self.postgresRootSetting),
            certificate: settings.path(Self.postgresCertificateSetting), key: settings.path(Self.postgresKeySetting))
        checkPostgres(settings)
    }

    /// The configuration of a connection as `user`.
    package func postgres(user: String, password: Secret<String>?, schema: String?) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: postgresHost, port: UInt16(clamping: postgresPort), database: postgresDatabase, user: user,
            password: password, schema: schema)
        configuration.tlsMode = postgresTLS
        configuration.tlsFiles = postgresFiles
        return configuration
    }

    /// Whether PostgreSQL is on this machine, or knows us by a certificate.
    package var trustsPostgresWithoutPassword: Bool {
        Loopback.isLocal(postgresHost) || postgresFiles.certificate != nil
    }

    private func checkPostgres(_ settings: Settings) {
        let (host, mode) = (Self.postgresHostSetting.declaration.variable, Self.postgresTLSSetting.declaration.variable)
        settings.refuse(
            "\(mode)=\(postgresTLS.rawValue) does not keep what is said to \(postgresHost) (\(host)) from being read; "
                + "set it to verify-full, with \(Self.postgresRootSetting.declaration.variable)",
            when: !Loopback.isLocal(postgresHost) && (postgresTLS == .disable || postgresTLS == .prefer),
            unless: AcceptedRisk.plaintextInternal)
        if !Loopback.isLocal(postgresHost), postgresTLS == .require, settings.profile != .development {
            settings.warn("\(mode)=require encrypts, but takes any server for PostgreSQL; verify-full does not.")
        }
        if postgresTLS == .verifyCA || postgresTLS == .verifyFull, postgresFiles.authorities == nil {
            settings.refuse(
                "\(mode)=\(postgresTLS.rawValue) needs \(Self.postgresRootSetting.declaration.variable): "
                    + "the PEM file of the authority that signed PostgreSQL's certificate.")
        }
        if (postgresFiles.certificate == nil) != (postgresFiles.key == nil) {
            settings.refuse(
                "\(Self.postgresCertificateSetting.declaration.variable) and "
                    + "\(Self.postgresKeySetting.declaration.variable) go together.")
        }
    }
}

extension ServerSettings {
    private static func redis(_ settings: Settings) -> RedisConfiguration {
        let host = settings(redisHostSetting)
        let port = settings(redisPortSetting)
        var redis = RedisConfiguration(address: host.hasPrefix("/") ? .unixPath(host) : .host(host, port: port))
        let password = settings(redisPasswordSetting)
        if !password.exposedValue.isEmpty { redis.password = password }
        let user = settings(redisUserSetting)
        if !user.isEmpty { redis.user = user }
        let mode = settings(redisTLSSetting)
        let files = (
            root: settings.path(redisRootSetting), certificate: settings.path(redisCertificateSetting),
            key: settings.path(redisKeySetting)
        )
        if mode != "disable" {
            redis.tls = redisTLS(settings, checksName: mode == "verify-full", files.root, files.certificate, files.key)
        }
        if redis.user != nil, redis.password == nil {
            settings.refuse(
                "\(redisUserSetting.declaration.variable) needs \(redisPasswordSetting.declaration.variable).")
        }
        checkRedis(settings, host, redis, hasCertificate: files.certificate != nil)
        return redis
    }

    private static func redisTLS(
        _ settings: Settings, checksName: Bool, _ root: String?, _ certificate: String?, _ key: String?
    ) -> TLSContext? {
        do {
            let trust = try root.map { TLSTrust.pem(Array(try TextFile.read($0).utf8)) } ?? .system
            var own: TLSCertificate?
            if let certificate, let key {
                own = try TLSCertificate(
                    chainPEM: Array(try TextFile.read(certificate).utf8),
                    keyPEM: Secret(Array(try SecretFile.read(key).text.utf8)))
            } else if certificate != nil || key != nil {
                settings.refuse(
                    "\(redisCertificateSetting.declaration.variable) and \(redisKeySetting.declaration.variable) "
                        + "go together.")
            }
            return try .client(trust: trust, alpn: [], certificate: own, checksServerName: checksName)
        } catch {
            settings.refuse("\(redisTLSSetting.declaration.variable): \(error).")
            return nil
        }
    }

    private static func checkRedis(
        _ settings: Settings, _ host: String, _ redis: RedisConfiguration, hasCertificate: Bool
    ) {
        let name = redisHostSetting.declaration.variable
        settings.refuse(
            "\(redisTLSSetting.declaration.variable)=disable does not keep what is said to \(host) (\(name)) from "
                + "being read; set it to verify-full, with \(redisRootSetting.declaration.variable)",
            when: !Loopback.isLocal(host) && redis.tls == nil, unless: AcceptedRisk.plaintextInternal)
        settings.refuse(
            "\(redisPasswordSetting.declaration.variable) is empty, and \(host) (\(name)) is another machine: whoever "
                + "reaches it may let revoked tokens live; give Redis a password",
            when: !Loopback.isLocal(host) && redis.password == nil && !hasCertificate,
            unless: AcceptedRisk.redisWithoutPassword)
    }
}

extension Settings {
    /// The path that a setting names, which must be readable; nil where it is empty.
    fileprivate func path(_ setting: Setting<String>) -> String? {
        let path = self(setting)
        guard !path.isEmpty else { return nil }
        do throws(FileFault) {
            _ = try TextFile.read(path)
        } catch {
            refuse("\(setting.declaration.variable): \(error).")
        }
        return path
    }
}
