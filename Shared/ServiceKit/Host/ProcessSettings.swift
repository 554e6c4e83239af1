internal import Glibc
package import Logging
package import TLS
package import Telemetry

/// The settings that every process of the suite has.
package struct ProcessSettings: Sendable {
    package let profile: Profile
    package let keys: KeysDirectory
    /// Event loops, each a thread.
    package let loops: Int
    /// The address that internal listeners bind.
    package let bindAddress: String
    package let drain: DrainTimes
    /// For the services' ports; nil speaks cleartext.
    package let internalTLS: TLSContext?
    package let logLevel: Logger.Level
    package let logFormat: LogFormat

    package static let loopsSetting = Setting(
        "loops", default: 0, in: 0...256, "Event loops, each a thread; 0 takes one for each core.")
    package static let keysSetting = Setting<String>(
        required: "keys-directory", "The folder of the secrets that `causeway keys` makes.")
    package static let bindSetting = Setting(
        "bind-address", default: "127.0.0.1",
        "The address that internal ports listen on: the services' and every operators' port.")
    package static let drainSetting = Setting(
        "drain-seconds", default: 10, in: 0...300, "How long requests in flight may take after SIGTERM, in seconds.")
    package static let delaySetting = Setting(
        "drain-delay-seconds", default: 0, in: 0...300,
        "How long a process goes on as before after SIGTERM, except that it says it is not ready, in seconds: for a "
            + "balancer that only asks now and then.")
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
        drain = DrainTimes(
            delay: .seconds(settings(Self.delaySetting)), time: .seconds(settings(Self.drainSetting)))
        internalTLS = InternalTLS(settings)?.server
        settings.refuse(
            "\(Self.bindSetting.declaration.variable)=\(bindAddress) lets other machines call the services, which "
                + "speak without TLS; set CAUSEWAY_INTERNAL_TLS_CERTIFICATE, or bind a loopback address, or a network "
                + "that only the suite is on",
            when: !Loopback.isLocal(bindAddress) && internalTLS == nil, unless: AcceptedRisk.plaintextInternal)
        logLevel = Logger.Level(rawValue: settings(Self.levelSetting)) ?? .info
        logFormat = LogFormat(rawValue: settings(Self.formatSetting)) ?? .json
    }
}

/// How a process that was asked to stop comes to its end.
package struct DrainTimes: Sendable {
    /// From not being ready to taking no new connection.
    package var delay: Duration
    /// What requests in flight may take after that.
    package var time: Duration

    package init(delay: Duration = .zero, time: Duration) {
        self.delay = delay
        self.time = time
    }
}
