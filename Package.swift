// swift-tools-version: 6.2
import PackageDescription

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioFoundation: Target.Dependency = .product(name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

/// The rooms, lowest first: a room imports only what stands above it in this list, and a pure room no I/O at all.
/// `docs/architecture.md` says what each is for; `Tests/ArchitectureTests` keeps the promise.
let pureRooms: [Target] = [
    .target(name: "Values"),
    .target(name: "Documents", dependencies: ["Values"]),
    .target(name: "EventStreams"),
    .target(name: "Flags", dependencies: ["Documents", "Values"]),
    .target(name: "Series", dependencies: ["Values"]),
    .target(name: "PromQL", dependencies: ["Series", "Values"]),
    .target(name: "QueryJSON", dependencies: ["PromQL", "Series"]),
    .target(name: "Chunks", dependencies: ["Series"]),
    .target(name: "MetricsFormats", dependencies: ["Documents", "Series", "Values"]),
    .target(name: "Rules", dependencies: ["Documents", "MetricsFormats", "PromQL", "Series", "Values"]),
    .target(name: "Specs", dependencies: ["Documents", "Values"]),
    .target(name: "Statistics"),
    .target(name: "Verdicts", dependencies: ["PromQL", "Series", "Specs", "Statistics", "Values"]),
    .target(name: "Rollouts", dependencies: ["Specs", "Values", "Verdicts"]),
    .target(name: "Rehearsal", dependencies: ["Specs", "Statistics", "Values", "Verdicts"]),
    .target(name: "FlagSpecs", dependencies: ["Documents", "Values"]),
    .target(name: "Wire", dependencies: ["FlagSpecs", "Rollouts", "Specs", "Values", "Verdicts"]),
    .target(name: "Scraping", dependencies: ["MetricsFormats", "Series", "Specs", "Values", "Wire"]),
    .target(name: "Targets", dependencies: ["Documents", "Series", "Specs", "Values"]),
    .target(name: "Supervision", dependencies: ["Specs", "Values", "Wire"]),
    .target(name: "Forwarding", dependencies: ["Values"]),
    .target(name: "Simulation", dependencies: ["Rollouts", "Specs", "Values", "Verdicts"]),
]

let ports: [Target] = [
    .target(
        name: "Ports",
        dependencies: [
            "Documents", "FlagSpecs", "Flags", "MetricsFormats", "PromQL", "Rollouts", "Series", "Specs", "Values",
            "Wire",
        ]),
    .target(name: "HalcyonTesting", dependencies: ["Ports", "Series", "Values"]),
]

let adapters: [Target] = [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "CHost"),
    .target(name: "Compression", dependencies: ["CZlib", nioCore]),
    .target(name: "Archives", dependencies: ["CZlib", "CZstd", "Values"]),
    .target(name: "Artefacts", dependencies: ["Ports", "Values", "Wire", crypto]),
    .target(name: "Formats", dependencies: ["Documents", "Specs", "Values", yams]),
    .target(
        name: "MetricsStore", dependencies: ["CZstd", "Chunks", "MetricsFormats", "Ports", "Series", "Values"]),
    .target(name: "Notifiers", dependencies: ["Ports", "Specs", "Values", asyncHTTPClient, nioCore, nioHTTP1]),
    .target(
        name: "RemoteMetrics",
        dependencies: [
            "Forwarding", "MetricsFormats", "Ports", "QueryJSON", "Series", "Values", "Wire", asyncHTTPClient, logging,
            nioCore, nioHTTP1, nioSSL,
        ]),
    .target(name: "Runtimes", dependencies: ["CHost", "Specs", "Supervision", "Values", "Wire", logging]),
    .target(
        name: "WebProbes", dependencies: ["Ports", "Specs", "Values", asyncHTTPClient, nioCore, nioHTTP1]),
    .target(name: "StoreSQLite", dependencies: ["Ports", "Values", grdb]),
]

let drivers: [Target] = [
    .target(
        name: "Agent",
        dependencies: [
            "Archives", "Compression", "Documents", "EventStreams", "Formats", "Runtimes", "Series", "Specs",
            "Supervision", "Targets",
            "Values",
            "Wire", asyncHTTPClient, crypto, logging, nioCore,
            nioHTTP1, nioPosix, nioSSL, serviceLifecycle,
        ]),
    .target(
        name: "FlagRegistry",
        dependencies: [
            "Documents", "FlagSpecs", "Flags", "Formats", "Ports", "Specs", "Values", "Wire", logging,
        ]),
    .target(
        name: "ControlPlane",
        dependencies: [
            "Archives", "Documents", "FlagSpecs", "Formats", "MetricsFormats", "Ports", "PromQL", "Rollouts",
            "Rules", "Scraping",
            "Series", "Specs",
            "Values",
            "Verdicts",
            "Wire", crypto, logging,
        ]),
]

let surfaces: [Target] = [
    .target(
        name: "Web",
        dependencies: [
            "Documents", "FlagSpecs", "Ports", "PromQL", "Rollouts", "Series", "Specs", "Values", "Verdicts", "Wire",
        ],
        exclude: ["Assets"]),
    .target(
        name: "HTTPAPI",
        dependencies: [
            "Compression", "FlagSpecs", "Flags", "MetricsFormats", "Ports", "PromQL", "QueryJSON", "Rollouts",
            "Scraping", "Series",
            "Specs",
            "Values", "Wire", httpTypes, hummingbirdCore, logging, nioCore, nioHTTP1,
            nioHTTPTypes, nioHTTPTypesHTTP1, nioPosix, nioSSL, serviceLifecycle,
        ]),
    .target(
        name: "RPCAPI",
        dependencies: [
            "Compression", "Documents", "Flags", "Ports", "Values", "Wire", logging, nioCore, nioHPACK, nioHTTP1,
            nioHTTP2,
            nioPosix, nioSSL,
            serviceLifecycle,
        ]),
    .target(
        name: "CLI",
        dependencies: [
            "Documents", "EventStreams", "FlagSpecs", "Formats", "PromQL", "Rehearsal", "Rollouts", "Series", "Specs",
            "Values", "Verdicts",
            "Wire", argumentParser,
            asyncHTTPClient, crypto,
            nioCore, nioFoundation, nioHTTP1, nioPosix, nioSSL,
        ]),
]

/// What other people build into their programs.
let library: [Target] = [
    .target(
        name: "HalcyonClient",
        dependencies: ["Documents", "EventStreams", "Flags", "Values", asyncHTTPClient, nioCore, nioHTTP1])
]

let programs: [Target] = [
    .executableTarget(
        name: "halcyon",
        dependencies: [
            "Agent", "Artefacts", "CLI", "ControlPlane", "FlagRegistry", "HTTPAPI", "LoadGenerator", "MetricsFormats",
            "MetricsStore", "Notifiers", "WebProbes",
            "Ports", "RPCAPI", "RemoteMetrics",
            "Rollouts", "Series", "Specs", "StoreSQLite", "Values", "Web", "Wire", argumentParser, asyncHTTPClient,
            logging,
            unixSignals,
            nioCore, nioFoundation, nioPosix, nioSSL, serviceLifecycle,
        ]),
    .target(
        name: "LoadGenerator", dependencies: ["Values", nioCore, nioHTTP1, nioPosix], path: "Examples/LoadGenerator"),
    .executableTarget(
        name: "storefront", dependencies: ["HalcyonClient", nioCore, nioHTTP1, nioPosix], path: "Examples/storefront",
        exclude: ["package.sh"]),
    .executableTarget(name: "flag-client", dependencies: ["HalcyonClient"], path: "Examples/flag-client"),
    .executableTarget(name: "storefront-load", dependencies: ["LoadGenerator"], path: "Examples/storefront-load"),
    .executableTarget(
        name: "store-commits", dependencies: ["Ports", "StoreSQLite"], path: "Benchmarks/store-commits"),
    .executableTarget(
        name: "metrics-store", dependencies: ["MetricsFormats", "MetricsStore", "Series"],
        path: "Benchmarks/metrics-store"),
    .target(name: "CountingMalloc", path: "Benchmarks/CountingMalloc"),
    .executableTarget(
        name: "verdict-ticks", dependencies: ["Specs", "Values", "Verdicts"], path: "Benchmarks/verdict-ticks"),
    .executableTarget(
        name: "flags-evaluation",
        dependencies: ["CountingMalloc", "Documents", "FlagSpecs", "Flags", "HalcyonClient", "Values"],
        path: "Benchmarks/flags-evaluation"),
    .executableTarget(
        name: "promql-evaluation", dependencies: ["PromQL", "QueryJSON", "Series"],
        path: "Benchmarks/promql-evaluation"),
    // Programs that tests start as processes of their own, to kill them.
    .executableTarget(
        name: "agent-under-test", dependencies: ["Agent", logging, serviceLifecycle, unixSignals],
        path: "Tests/AgentUnderTest"),
    .executableTarget(
        name: "promql-under-test", dependencies: ["Documents", "PromQL", "QueryJSON", "Series"],
        path: "Tests/PromQLUnderTest"),
    .executableTarget(
        name: "MetricsCrashWriter", dependencies: ["MetricsFormats", "MetricsStore", "Series"],
        path: "Tests/MetricsCrashWriter"),
    .executableTarget(
        name: "StoreCrashWriter", dependencies: ["Ports", "StoreSQLite"], path: "Tests/StoreCrashWriter"),
]

let tests: [Target] = [
    .testTarget(
        name: "AgentTests",
        dependencies: [
            "Agent", "Runtimes", "Specs", "Supervision", "Targets", "Values", "Wire", "agent-under-test",
            crypto,
            logging, nioCore,
            nioHTTP1, nioPosix, serviceLifecycle,
        ]),
    .target(name: "TestSupport", dependencies: [nioCore, nioHTTP1, nioPosix], path: "Tests/Support"),
    .testTarget(name: "ArchitectureTests"),
    .testTarget(name: "ArchivesTests", dependencies: ["Archives", "CZlib", "CZstd", "Values"]),
    .testTarget(name: "ArtefactsTests", dependencies: ["Artefacts", "Ports", "Values", "Wire", crypto]),
    .testTarget(name: "ChunksTests", dependencies: ["Chunks", "Series", "Values"]),
    .testTarget(
        name: "CLITests",
        dependencies: [
            "CLI", "Documents", "Rollouts", "Specs", "TestSupport", "Values", "Verdicts", "Wire", argumentParser,
            nioHTTP1,
        ], exclude: ["Snapshots"]),
    .testTarget(
        name: "DocumentationTests",
        dependencies: ["Documents", "FlagSpecs", "Formats", "Rules", "Specs", "Targets", "halcyon"]),
    .testTarget(
        name: "ControlPlaneTests",
        dependencies: [
            "ControlPlane", "Documents", "HalcyonTesting", "MetricsStore", "Ports", "Rollouts", "Scraping", "Series",
            "Specs", "Values",
            "Verdicts", "Wire", logging,
        ]),
    .testTarget(name: "DocumentsTests", dependencies: ["Documents", "Values"]),
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "HalcyonClient", "LoadGenerator", "Ports", "Rollouts", "StoreSQLite", "TestSupport",
            "Values", "Verdicts", "Wire", asyncHTTPClient, nioCore, nioHTTP1,
        ]),
    .testTarget(name: "EventStreamsTests", dependencies: ["EventStreams"]),
    .testTarget(
        name: "FlagRegistryTests",
        dependencies: [
            "Documents", "FlagRegistry", "FlagSpecs", "Flags", "Formats", "HalcyonTesting", "Ports", "Values", "Wire",
            logging,
        ]),
    .testTarget(
        name: "FlagSpecsTests", dependencies: ["Documents", "FlagSpecs", "Flags", "Formats", "Values"],
        exclude: ["Corpus"]),
    .testTarget(
        name: "FlagsTests", dependencies: ["Documents", "Flags", "Values"], exclude: ["Corpus", "Vectors"]),
    .testTarget(
        name: "FormatsTests", dependencies: ["Documents", "Formats", "Specs", "Values"], exclude: ["Corpus"]),
    .testTarget(
        name: "HalcyonClientTests",
        dependencies: [
            "Documents", "EventStreams", "Flags", "HalcyonClient", "TestSupport", "Values", nioCore, nioHTTP1, nioPosix,
        ]),
    .testTarget(name: "ForwardingTests", dependencies: ["Forwarding", "Values"]),
    .testTarget(
        name: "RemoteMetricsTests",
        dependencies: [
            "Forwarding", "MetricsFormats", "MetricsStore", "Ports", "PromQL", "RemoteMetrics", "Series", "TestSupport",
            "Values",
            "Wire", logging, nioCore, nioHTTP1,
        ]),
    .testTarget(name: "HalcyonTestingTests", dependencies: ["HalcyonTesting", "Ports", "Values"]),
    .testTarget(
        name: "HTTPAPITests",
        dependencies: [
            "Compression", "Documents", "Flags", "HTTPAPI", "MetricsFormats", "MetricsStore", "Ports", "PromQL",
            "Rollouts",
            "Series", "Specs", "TestSupport", "Values", "Verdicts", "Wire", logging, nioCore,
            nioEmbedded, nioHTTP1, nioPosix, nioSSL, serviceLifecycle,
        ]),
    .testTarget(name: "MetricsFormatsTests", dependencies: ["MetricsFormats", "Series", "Values"]),
    .testTarget(
        name: "MetricsStoreTests",
        dependencies: ["Chunks", "MetricsCrashWriter", "MetricsFormats", "MetricsStore", "Ports", "Series", "Values"],
        exclude: ["Corpus"]),
    .testTarget(
        name: "NotifiersTests",
        dependencies: ["Notifiers", "Ports", "Specs", "TestSupport", "Values", nioCore, nioHTTP1, nioPosix]),
    .testTarget(
        name: "PromQLTests", dependencies: ["HalcyonTesting", "PromQL", "Series", "Values"], exclude: ["Corpus"]),
    .testTarget(name: "QueryJSONTests", dependencies: ["PromQL", "QueryJSON", "Series"]),
    .target(name: "TestChance", dependencies: ["Values"], path: "Tests/TestChance"),
    .testTarget(
        name: "RehearsalTests",
        dependencies: ["Documents", "Formats", "Rehearsal", "Specs", "TestChance", "Values", "Verdicts"]),
    .testTarget(
        name: "RolloutsTests", dependencies: ["Rollouts", "Simulation", "Specs", "Values", "Verdicts"],
        exclude: ["Fixtures", "Transcripts"]),
    .testTarget(
        name: "RPCAPITests",
        dependencies: [
            "Compression", "Documents", "Flags", "Ports", "RPCAPI", "Values", "Wire", logging, nioCore,
            nioHTTP1,
            nioPosix, serviceLifecycle,
        ], exclude: ["Corpus"]),
    .testTarget(name: "RuntimesTests", dependencies: ["Runtimes", "Specs", "Supervision", "Values", "Wire"]),
    .testTarget(
        name: "RulesTests",
        dependencies: [
            "ControlPlane", "Documents", "Formats", "HalcyonTesting", "MetricsFormats", "MetricsStore", "Ports",
            "Rules", "Series",
            "Values",
            "Wire", logging,
        ]),
    .testTarget(
        name: "ScrapingTests",
        dependencies: [
            "MetricsFormats", "MetricsStore", "PromQL", "Scraping", "Series", "Specs", "Values", "Verdicts", "Wire",
        ]),
    .testTarget(name: "SeriesTests", dependencies: ["Series", "Values"]),
    .testTarget(name: "SpecsTests", dependencies: ["Documents", "Specs", "Values"]),
    .testTarget(
        name: "StoreSQLiteTests",
        dependencies: ["HalcyonTesting", "Ports", "StoreCrashWriter", "StoreSQLite", "Values", grdb]),
    .testTarget(
        name: "StorefrontTests",
        dependencies: ["Archives", "LoadGenerator", "TestSupport", "Values", nioCore, nioPosix]),
    .testTarget(name: "TargetsTests", dependencies: ["Documents", "Formats", "Series", "Targets", "Values"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "TestChance"]),
    .testTarget(name: "SupervisionTests", dependencies: ["Specs", "Supervision", "Values", "Wire"]),
    .testTarget(
        name: "VerdictsTests",
        dependencies: ["HalcyonTesting", "PromQL", "Series", "Specs", "Statistics", "TestChance", "Values", "Verdicts"]),
    .testTarget(
        name: "WebProbesTests",
        dependencies: ["Ports", "Specs", "TestSupport", "Values", "WebProbes", nioCore, nioPosix]),
    .testTarget(name: "WireTests", dependencies: ["Values", "Wire"]),
    .testTarget(
        name: "WebTests",
        dependencies: [
            "Documents", "FlagSpecs", "HalcyonTesting", "Ports", "PromQL", "Rollouts", "Series", "Specs", "Values",
            "Verdicts", "Web", "Wire",
        ]),
]

let targets = pureRooms + ports + adapters + drivers + surfaces + library + programs + tests

for target in targets where target.type != .system && target.name != "CHost" && target.name != "CountingMalloc" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}

let package = Package(
    name: "halcyon",
    products: [
        .executable(name: "halcyon", targets: ["halcyon"]),
        .library(name: "HalcyonClient", targets: ["HalcyonClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: targets
)
