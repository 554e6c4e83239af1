// swift-tools-version: 6.2
import PackageDescription

// Targets stand in layer order: a target imports only what stands above it (README, "The layers").

/// The archive of libFuzzer, where `make fuzz` builds: everything tells it then which of its edges were reached.
let fuzzer = Context.environment["CAUSEWAY_FUZZER"]

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        // `make run` and `make test` share one release build, and some tests look at what is internal.
        .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
    ] + (fuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer"])])

/// Modules that touch a C library mark every unsafe expression.
let settingsAtCDoor = settings + [.strictMemorySafety()]

/// A system library: a module map and, for macros that Swift cannot see, `static inline` shims.
func systemLibrary(_ name: String, apt: String...) -> Target {
    .systemLibrary(name: name, path: "Shared/C/\(name)", providers: [.apt(apt)])
}

/// Modules whose classes live on one event loop, where no change of a property calls out before it is done: looking for
/// overlapping accesses at run time is a sixth of what a request costs there. Debug builds look for them.
let onOneLoop: Set<String> = ["HTTP", "Transport"]
let settingsOnOneLoop: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

func module(
    _ name: String, at path: String? = nil, _ dependencies: [Target.Dependency] = [], cDoor: Bool = false
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path ?? "Shared/\(name)",
        swiftSettings: (cDoor ? settingsAtCDoor : settings) + (onOneLoop.contains(name) ? settingsOnOneLoop : []))
}

/// - Parameter beside: folders in the target's own that hold no Swift: `Golden` for files that tests compare with.
func tests(_ name: String, _ dependencies: [Target.Dependency], beside: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", exclude: beside,
        swiftSettings: settings)
}

/// A program that measures, run by `make bench`.
func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Tests/Benchmarks/\(name)", swiftSettings: settings)
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "causeway",

    dependencies: [
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ],
    targets: [
        // 0: system libraries
        systemLibrary("CNghttp2", apt: "libnghttp2-dev"),
        systemLibrary("COpenSSL", apt: "libssl-dev"),
        systemLibrary("CPostgres", apt: "libpq-dev"),
        systemLibrary("CHiredis", apt: "libhiredis-dev"),
        systemLibrary("CSodium", apt: "libsodium-dev"),
        systemLibrary("CCurl", apt: "libcurl4-openssl-dev"),
        systemLibrary("CZlib", apt: "zlib1g-dev"),
        systemLibrary("CBrotli", apt: "libbrotli-dev"),
        systemLibrary("CCmark", apt: "libcmark-gfm-dev", "libcmark-gfm-extensions-dev"),

        // 1
        module("Primitives"),

        // 2
        module("JSON", ["Primitives"]),
        module("Markdown", ["CCmark"], cDoor: true),
        module("RateLimiting", ["Primitives"]),

        // 3
        module("Telemetry", ["Primitives", "JSON", logging, metrics]),
        module("Cryptography", ["Primitives", "JSON", "COpenSSL", "CSodium"], cDoor: true),
        module("Contract", ["Primitives", "JSON"]),
        module("TLS", ["Primitives", "COpenSSL"], cDoor: true),
        module("HTTP", ["Primitives", "CNghttp2", nioCore], cDoor: true),
        module("Compression", ["CZlib", "CBrotli", nioCore], cDoor: true),

        // 4
        module("Protocol", ["Primitives", "JSON", "Contract"]),
        module("Transport", ["Primitives", "HTTP", "TLS", nioCore, nioPosix, nioHTTP1]),
        module("Postgres", ["Primitives", "CPostgres"], cDoor: true),
        module("Outbound", ["Primitives", "Cryptography", "CCurl"], cDoor: true),

        // 5
        module(
            "Redis", ["Primitives", "RateLimiting", "TLS", "Transport", "CHiredis", nioCore, nioPosix], cDoor: true),
        module("Ledger", ["Primitives", "Contract", "Postgres"]),

        // 6
        module("Events", ["Primitives", "Contract", "Redis", nioCore]),

        // 7
        module(
            "ServiceKit",
            [
                "Primitives", "JSON", "Telemetry", "Cryptography", "Contract", "TLS", "Protocol", "HTTP", "Transport",
                "Postgres", "Redis", "Ledger", "Events", nioCore, logging, metrics, configuration, lifecycle,
            ]),

        // 8
        module(
            "AuthService", at: "Services/Auth",
            [
                "Primitives", "JSON", "RateLimiting", "Cryptography", "Contract", "Protocol", "Postgres", "Outbound",
                "Redis", "Ledger", "Telemetry", "ServiceKit", logging,
            ]),
        module(
            "UserService", at: "Services/User",
            ["Primitives", "Contract", "Protocol", "Postgres", "Ledger", "ServiceKit", logging]),
        module(
            "ContentService", at: "Services/Content",
            [
                "Primitives", "JSON", "Markdown", "Contract", "Protocol", "Postgres", "Ledger", "ServiceKit", logging,
            ]),
        module(
            "Gateway", at: "gateway",
            [
                "Primitives", "JSON", "RateLimiting", "Telemetry", "Cryptography", "Contract", "TLS", "HTTP",
                "Compression", "Protocol", "Transport", "Redis", "Events", "ServiceKit", nioCore, logging, lifecycle,
            ]),

        // 9
        .executableTarget(
            name: "causeway",
            dependencies: [
                "Primitives", "Cryptography", "Contract", "TLS", "Protocol", "Transport", "Postgres", "Outbound",
                "Redis", "Ledger", "Telemetry", "ServiceKit", "AuthService", "UserService", "ContentService", "Gateway",
                logging, lifecycle, signals, arguments,
            ],
            path: "Services/Causeway", swiftSettings: settings),

        // Tests, each beside what it tests
        module(
            "FuzzKit", at: "Tests/FuzzKit",
            [
                "Primitives", "JSON", "Telemetry", "Cryptography", "Contract", "HTTP", "Protocol", "ServiceKit",
                "Gateway", nioCore, nioHTTP1, nioEmbedded,
            ]),
        module("TestKit", at: "Tests/TestKit", ["Primitives", "JSON", "Contract", "Postgres"]),
        tests("Primitives", ["Primitives"]),
        tests("JSON", ["JSON", "Primitives"]),
        tests("Markdown", ["Markdown"]),
        tests("RateLimiting", ["RateLimiting", "Primitives", "TestKit"]),
        tests("Telemetry", ["Telemetry", "Primitives", "JSON", logging, metrics]),
        tests("Cryptography", ["Cryptography", "Primitives", "JSON"]),
        tests("Contract", ["Contract", "JSON", "Primitives", "Protocol", "TestKit"], beside: ["Golden"]),
        tests("Protocol", ["Protocol", "Primitives"]),
        tests("TLS", ["TLS", "Primitives", "TestKit"]),
        tests("HTTP", ["HTTP", "Primitives", nioCore]),
        tests("Compression", ["Compression", "TestKit", nioCore]),
        tests("Transport", ["Transport", "HTTP", "TLS", "Primitives", "TestKit", nioCore]),
        tests("Postgres", ["Postgres", "Primitives", "TestKit"]),
        tests("Outbound", ["Outbound", "Primitives", "TestKit"]),
        tests("Redis", ["Redis", "RateLimiting", "Primitives", "TLS", "TestKit", nioCore, nioPosix]),
        tests("Ledger", ["Ledger", "Contract", "JSON", "Postgres", "Primitives", "TestKit"]),
        tests(
            "Events",
            [
                "Events", "Ledger", "ServiceKit", "Contract", "Postgres", "Redis", "Telemetry", "Primitives", "TestKit",
                nioPosix, logging,
            ]),
        tests(
            "AuthService",
            [
                "AuthService", "Primitives", "JSON", "RateLimiting", "Cryptography", "Contract", "Protocol", "Postgres",
                "Outbound", "Redis", "Telemetry", "ServiceKit", "TestKit", nioPosix, logging,
            ]),
        tests(
            "ServiceKit",
            [
                "ServiceKit", "Contract", "HTTP", "JSON", "Postgres", "Primitives", "Protocol", "Redis", "Telemetry",
                "TestKit", "Transport", nioCore, nioPosix, logging,
            ]),
        tests(
            "UserService",
            [
                "UserService", "Ledger", "Postgres", "Protocol", "Contract", "JSON", "Primitives", "TestKit", logging,
            ]),
        tests(
            "ContentService",
            [
                "ContentService", "Ledger", "Postgres", "Protocol", "Contract", "HTTP", "JSON", "Primitives",
                "ServiceKit",
                "TestKit",
                logging,
            ]),
        tests(
            "Gateway",
            [
                "Gateway", "Primitives", "JSON", "RateLimiting", "Cryptography", "Contract", "TLS", "HTTP",
                "Compression", "Protocol", "Transport", "Redis", "Telemetry", "ServiceKit", "TestKit", nioCore, logging,
                lifecycle,
            ], beside: ["Clients"]),
        tests(
            "Schema",
            [
                "AuthService", "UserService", "ContentService", "ServiceKit", "Postgres", "Redis", "Outbound",
                "Cryptography", "Protocol", "Contract", "JSON", "Primitives", "Telemetry", "TestKit", nioPosix, logging,
            ], beside: ["Golden"]),
        tests(
            "EndToEnd",
            [
                "Primitives", "JSON", "Cryptography", "Contract", "HTTP", "Protocol", "ServiceKit", "AuthService",
                "TestKit",
            ],
            beside: ["Clients", "Golden"]),
        .executableTarget(
            name: "FuzzProgram", dependencies: ["FuzzKit"], path: "Tests/FuzzProgram",
            swiftSettings: settings + (fuzzer == nil ? [] : [.define("FUZZER")]),
            linkerSettings: fuzzer.map { [.unsafeFlags([$0]), .linkedLibrary("stdc++")] } ?? []),
        tests("Fuzz", ["FuzzKit", "Gateway", "JSON", "Primitives", "TestKit"], beside: ["Clients", "Corpus"]),
        tests("Chaos", ["Primitives", "JSON", "TestKit"], beside: ["Clients"]),
        tests("Tidy", [], beside: ["Golden"]),

        benchmark("CompressionBench", ["Compression", "Primitives", nioCore]),
        benchmark("TransportBench", ["Transport", "HTTP", "Primitives", nioCore]),
        benchmark(
            "EventsBench",
            [
                "Primitives", "Contract", "Transport", "Postgres", "Redis", "Ledger", "Events", "ServiceKit", nioCore,
            ]),
        benchmark(
            "ContractBench", ["Primitives", "Contract", "HTTP", "Transport", "Telemetry", "ServiceKit", logging]),
    ]
)
