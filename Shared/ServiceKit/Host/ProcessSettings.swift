internal import Glibc
package import Logging
package import Postgres
package import Primitives
package import Redis
package import Telemetry

/// The settings that every process of the suite has.
package struct ProcessSettings: Sendable {
    package let profile: Profile
    package let keys: KeysDirectory
    /// Event loops, each a thread.
    package let loops: Int
    /// The address that internal listeners bind.
    package let bindAddress: String
    /// How long requests in flight may take after a stop was asked.
    package let drainTime: Duration
    package let logLevel: Logger.Level
    package let logFormat: LogFormat

    package static let loopsSetting = Setting(
        "loops", default: 0, in: 0...256, "Event loops, each a thread; 0 takes one for each core.")
    package static let keysSetting = Setting<String>(
        required: "keys-directory", "The folder of the secrets that `causeway keys` makes.")
    package static let bindSetting = Setting(
        "bind-address", default: "127.0.0.1", "The address that the services' internal ports listen on.")
    package static let drainSetting = Setting(
        "drain-seconds", default: 10, in: 0...300, "How long requests in flight may take after SIGTERM, in seconds.")
    package static let levelSetting = Setting(
        "log-level", default: "info", oneOf: Logger.Level.allCases.map(\.rawValue), "The least level that is logged.")
    package static let formatSetting = Setting(
        "log-format", default: "json", oneOf: LogFormat.allCases.map(\.rawValue), "How log lines look.")

    package init(_ settings: Settings) {
        profile = settings.profile
        keys = KeysDirectory(path: settings(Self.keysSetting))
        let loops = settings(Self.loopsSetting)
        self.loops = loops == 0 ? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) : loops
        bindAddress = settings(Self.bindSetting)
        drainTime = .seconds(settings(Self.drainSetting))
        logLevel = Logger.Level(rawValue: settings(Self.levelSetting)) ?? .info
        logFormat = LogFormat(rawValue: settings(Self.formatSetting)) ?? .json
    }
}

/// Where the servers are that services keep their data in.
package struct ServerSettings: Sendable {
    package let redis: RedisConfiguration
    package let postgresHost: String
    package let postgresPort: Int
    package let postgresDatabase: String
    package let postgresTLS: PostgresConfiguration.TLSMode

    package static let redisHostSetting = Setting("redis.host", default: "127.0.0.1", "Redis' host name or address.")
    package static let redisPortSetting = Setting("redis.port", default: 6379, in: 1...65_535, "Redis' port.")
    package static let redisPasswordSetting = Setting(
        "redis.password", default: Secret(""), "Redis' password; empty for none.")
    package static let postgresHostSetting = Setting(
        "postgres.host", default: "127.0.0.1", "PostgreSQL's host name, address, or folder of its socket.")
    package static let postgresPortSetting = Setting(
        "postgres.port", default: 5432, in: 1...65_535, "PostgreSQL's port.")
    package static let postgresDatabaseSetting = Setting(
        "postgres.database", default: "causeway", "The database that holds the services' schemas.")
    package static let postgresTLSSetting = Setting(
        "postgres.tls", default: "prefer", oneOf: PostgresConfiguration.TLSMode.allCases.map(\.rawValue),
        "Whether connections to PostgreSQL are encrypted, as libpq's sslmode.")

    package init(_ settings: Settings) {
        var redis = RedisConfiguration(
            address: .host(settings(Self.redisHostSetting), port: settings(Self.redisPortSetting)))
        let password = settings(Self.redisPasswordSetting)
        if !password.exposedValue.isEmpty { redis.password = password }
        self.redis = redis
        postgresHost = settings(Self.postgresHostSetting)
        postgresPort = settings(Self.postgresPortSetting)
        postgresDatabase = settings(Self.postgresDatabaseSetting)
        postgresTLS = PostgresConfiguration.TLSMode(rawValue: settings(Self.postgresTLSSetting)) ?? .prefer
    }

    /// The configuration of a connection as `user`.
    package func postgres(user: String, password: Secret<String>?, schema: String?) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: postgresHost, port: UInt16(clamping: postgresPort), database: postgresDatabase, user: user,
            password: password, schema: schema)
        configuration.tlsMode = postgresTLS
        return configuration
    }
}
