internal import Cryptography
package import ServiceKit

extension HashingConfiguration {
    private static let memorySetting = Setting(
        "auth.hash-memory-kib", default: PasswordParameters.standard.memoryKiB, in: 7168...65_536,
        "Memory that hashing one password takes, in KiB.")
    private static let passesSetting = Setting(
        "auth.hash-passes", default: PasswordParameters.standard.iterations, in: 1...10,
        "Passes over that memory: at least 1 with 47104 KiB, 2 with 19456, 3 with 12288, 4 with 9216, else 5.")
    private static let threadsSetting = Setting(
        "auth.hash-threads", default: 0, in: 0...256, "Passwords that are hashed at once; 0 takes one for each core.")
    private static let queueSetting = Setting(
        "auth.hash-queue-max", default: 32, in: 0...10_000,
        "Passwords that may wait to be hashed; more are refused with 503 `auth-busy`.")
    private static let waitSetting = Setting(
        "auth.hash-wait-milliseconds", default: 1000, in: 10...10_000,
        "How long a password may wait to be hashed, in milliseconds.")

    package init(_ settings: Settings) {
        self.init()
        let (memoryKiB, passes) = (settings(Self.memorySetting), settings(Self.passesSetting))
        parameters = PasswordParameters(memoryKiB: memoryKiB, iterations: passes) ?? .standard
        let threadsMax = settings(Self.threadsSetting)
        threads = threadsMax > 0 ? threadsMax : nil
        queueMax = settings(Self.queueSetting)
        waitMax = .milliseconds(settings(Self.waitSetting))
        if !parameters.isStrong {
            settings.refuse(
                "\(Self.passesSetting.declaration.variable)=\(passes) is too few with "
                    + "\(Self.memorySetting.declaration.variable)=\(memoryKiB): hashes would be weaker than by any of "
                    + "OWASP's settings.")
        }
    }
}
