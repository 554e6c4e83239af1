extension UpstreamSettings {
    static let patienceSetting = Setting(
        "upstream.patience-milliseconds", default: 5000, in: 0...60_000,
        "How long a call that may be repeated waits while no instance of its service takes calls, in milliseconds.")
    static let waitersSetting = Setting(
        "upstream.waiters-max", default: 1024, in: 1...1_000_000, "Calls to each service that may wait.")
    static let resolveSetting = Setting(
        "upstream.resolve-seconds", default: 5, in: 1...3600,
        "How often the names of services are looked up again, in seconds; also when an instance cannot be reached.")
    static let instancesSetting = Setting(
        "upstream.instances-max", default: 64, in: 1...10_000,
        "Addresses of one service that are used; a name may have more.")
    static let healthSetting = Setting(
        "upstream.health-seconds", default: 2, in: 0...3600,
        "How often each instance of a service, or of a route with `;health=`, is asked whether it is ready, in "
            + "seconds; 0 asks nothing.")

    static let faultsSetting = Setting(
        "upstream.ejection-faults", default: 5, in: 1...10_000,
        "Faults in a row after which an instance of a service gets no calls for a while.")
    static let ejectionSetting = Setting(
        "upstream.ejection-seconds", default: 30, in: 1...3600,
        "How long an instance that was faulty gets no calls, in seconds; longer each time it happens again.")
    static let ejectionTimesSetting = Setting(
        "upstream.ejection-times-max", default: 10, in: 1...1000,
        "How many times as long an instance that is faulty again and again gets no calls, at most.")
    static let ejectedSetting = Setting(
        "upstream.ejection-percent-max", default: 50, in: 0...100,
        "How many of a service's instances may get no calls for their faults at a time, in per cent.")

    static let attemptsSetting = Setting(
        "upstream.attempts-max", default: 3, in: 1...100,
        "How often a call that may be repeated is sent in all; 1 repeats nothing.")
    static let keyedAttemptsSetting = Setting(
        "upstream.keyed-attempts-max", default: 7, in: 1...100,
        "How often a call with a key is sent in all, while an earlier attempt is still on its way.")
    static let retrySetting = Setting(
        "upstream.retry-percent", default: 20, in: 0...100,
        "Repetitions for a hundred calls to a service, beside a few that are saved up; 0 repeats nothing.")

    static let connectSetting = Setting(
        "upstream.connect-milliseconds", default: 1000, in: 10...60_000,
        "How long a connection to a service may take until it can be used, in milliseconds.")
    static let connectionsSetting = Setting(
        "upstream.connections-max", default: 4, in: 1...1000,
        "Connections of each event loop to each instance of a service.")
    // Services end connections that were idle for two minutes.
    static let idleSetting = Setting(
        "upstream.idle-seconds", default: 60, in: 1...90,
        "How long a connection to a service is kept without calls, in seconds.")
    static let pingSetting = Setting(
        "upstream.ping-seconds", default: 2, in: 0...3600,
        "After how much silence a connection to a service with open calls is asked whether it lives, in seconds; 0 "
            + "asks nothing.")
    static let pingAnswerSetting = Setting(
        "upstream.ping-answer-seconds", default: 3, in: 1...3600,
        "How long the answer to the question whether a connection lives may take, in seconds; then it is given up.")
}
