internal import Postgres
internal import Primitives

extension ServerSettings {
    static let redisHostSetting = Setting(
        "redis.host", default: "127.0.0.1", "Redis' host name or address, or the path of its socket.")
    static let redisPortSetting = Setting("redis.port", default: 6379, in: 1...65_535, "Redis' port.")
    static let redisUserSetting = Setting(
        "redis.user", default: "", "The user of Redis' access control list; empty for the default one.")
    static let redisPasswordSetting = Setting(
        "redis.password", default: Secret(""), "Redis' password; empty for none.")
    static let redisTLSSetting = Setting(
        "redis.tls", default: "disable", oneOf: ["disable", "verify-ca", "verify-full"],
        "Whether connections to Redis are encrypted: its certificate must be signed by a known authority, and with "
            + "`verify-full` name the host.")
    static let redisRootSetting = Setting(
        "redis.tls-root-certificate", default: "",
        "A PEM file of the authorities that may have signed Redis' certificate; empty for the system's.")
    static let redisCertificateSetting = Setting(
        "redis.tls-certificate", default: "", "A PEM file of the certificate to show to Redis; empty for none.")
    static let redisKeySetting = Setting(
        "redis.tls-key", default: "", "The PEM file of that certificate's private key.")

    static let postgresHostSetting = Setting(
        "postgres.host", default: "127.0.0.1", "PostgreSQL's host name, address, or folder of its socket.")
    static let postgresPortSetting = Setting(
        "postgres.port", default: 5432, in: 1...65_535, "PostgreSQL's port.")
    static let postgresDatabaseSetting = Setting(
        "postgres.database", default: "causeway", "The database that holds the services' schemas.")
    static let postgresTLSSetting = Setting(
        "postgres.tls", default: "prefer", oneOf: PostgresConfiguration.TLSMode.allCases.map(\.rawValue),
        "Whether connections to PostgreSQL are encrypted, as libpq's sslmode.")
    static let postgresRootSetting = Setting(
        "postgres.tls-root-certificate", default: "",
        "A PEM file of the authorities that may have signed PostgreSQL's certificate; `verify-ca` and `verify-full` "
            + "need it.")
    static let postgresCertificateSetting = Setting(
        "postgres.tls-certificate", default: "",
        "A PEM file of the certificate to show to PostgreSQL; empty for none.")
    static let postgresKeySetting = Setting(
        "postgres.tls-key", default: "",
        "The PEM file of that certificate's private key, which only its owner may read.")
}
