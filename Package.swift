// swift-tools-version: 6.2
import PackageDescription

/// Tests see what is internal. That costs the programs a little, so users' build goes without it; Tests/run asks for
/// it, and has a build folder of its own.
let testing: [SwiftSetting] =
    Context.environment["WITH_TESTABLE"] == nil
    ? [] : [.unsafeFlags(["-enable-testing"], .when(configuration: .release))]
/// Of the tests; the product adds that every unsafe expression says so.
let testSettings: [SwiftSetting] =
    testing + [
        .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
let settings: [SwiftSetting] = testSettings + [.strictMemorySafety()]
/// Kernels are the hot path, and their order of summation is a promise: optimised in every configuration, never
/// contracted.
let kernelSettings: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"])]

let algorithms: Target.Dependency = .product(name: "Algorithms", package: "swift-algorithms")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: [Target.Dependency] = [
    .product(name: "CoreMetrics", package: "swift-metrics"), .product(name: "Metrics", package: "swift-metrics"),
]
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let lifecycle: [Target.Dependency] = [
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    .product(name: "UnixSignals", package: "swift-service-lifecycle"),
]

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let http: [Target.Dependency] =
    hummingbird + [
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
    ]

let package = Package(
    name: "minimax-cluster",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "router", targets: ["Router"]),
        .executable(name: "attention", targets: ["Attention"]),
        .executable(name: "expert-host", targets: ["ExpertHost"]),
        .executable(name: "minimax", targets: ["CommandLineTool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // A dependency of Hummingbird's, named for its decompression of request bodies and its codec of HTTP types.
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Child processes as tasks, in sessions of their own, which Foundation's Process
        // cannot give.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        // SQLite, for what must outlive the processes; needs Debian's libsqlite3-dev.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    ],
    targets: [
        // In the order in which a token meets them.
        .executableTarget(
            name: "Router",
            dependencies: [
                "AdminMessages", "Chat", "JSON", "Tokenizer", "Admin", "Console", "Flags", "Probing", "ServiceLife",
                "Telemetry", "TypedCalls", "Messages", "Transport", "Snapshots", "Checkpoint", "Tensors", "Records",
                algorithms,
                argumentParser, logging,
            ] + http + metrics + nio + lifecycle,
            path: "Services/Router", exclude: ["Records"], swiftSettings: settings),
        // Of the router, in a target of its own: the only one that knows a database.
        .target(
            name: "Records", dependencies: [.product(name: "GRDB", package: "GRDB.swift")],
            path: "Services/Router/Records", swiftSettings: settings),
        .executableTarget(
            name: "Attention",
            dependencies: [
                "Admin", "Announcing", "Console", "Flags", "Probing", "ServiceLife", "Telemetry", "TypedCalls",
                "Messages", "Transport", "Snapshots", "Checkpoint", "Tensors", algorithms, argumentParser, logging,
            ] + metrics + nio + lifecycle,
            path: "Services/Attention", swiftSettings: settings),
        .executableTarget(
            name: "ExpertHost",
            dependencies: [
                "Admin", "Announcing", "Console", "Flags", "Probing", "ServiceLife", "Telemetry", "TypedCalls",
                "Messages",
                "Transport", "Checkpoint", "Tensors", argumentParser, logging,
            ] + metrics + nio + lifecycle,
            path: "Services/ExpertHost", swiftSettings: settings),

        // The program minimax, and the libraries that its commands and its benchmarks share.
        .executableTarget(
            name: "CommandLineTool",
            dependencies: [
                "AdminMessages", "Benchmarks", "Checkpoint", "Console", "Flags", "Probing", "ServiceLife", "TypedCalls",
                "ClusterClient", "JSON", "LocalCluster", "Tensors",
                "TerminalOutput", "Transport", argumentParser, .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Services/CommandLine/Commands", swiftSettings: settings),
        .target(
            name: "Benchmarks",
            dependencies: [
                "AdminMessages", "BLAS", "Checkpoint", "Admin", "Console", "Flags", "Probing", "ServiceLife",
                "TypedCalls", "ClusterClient", "JSON", "LocalCluster", "Messages",
                "Tensors", "TerminalOutput", "Tokenizer", "Transport", argumentParser, logging,
                .product(name: "NIOHTTP1", package: "swift-nio"), systemPackage,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio,
            path: "Services/CommandLine/Bench", swiftSettings: settings),
        .target(
            name: "LocalCluster",
            dependencies: [
                "Console", "Flags", "Probing", "ServiceLife", "TypedCalls", "ClusterClient", "Tensors",
                "TerminalOutput", "Transport", argumentParser, logging,
                .product(name: "Subprocess", package: "swift-subprocess"), systemPackage,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ] + nio,
            path: "Services/CommandLine/LocalCluster", swiftSettings: settings),
        .target(
            name: "ClusterClient",
            dependencies: [
                "AdminMessages", "Console", "TypedCalls", "TerminalOutput", "Transport",
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio,
            path: "Services/CommandLine/Client", swiftSettings: settings),
        .target(
            name: "TerminalOutput", dependencies: ["Console"], path: "Services/CommandLine/Terminal",
            swiftSettings: settings),

        .target(
            name: "Tokenizer",
            dependencies: ["JSON", algorithms, .product(name: "HeapModule", package: "swift-collections")],
            path: "Shared/Tokenizer", swiftSettings: settings),
        .target(
            name: "Chat", dependencies: ["JSON", "Jinja", "Tokenizer"], path: "Shared/Chat", swiftSettings: settings),
        // What every service has; each target is one idea.
        .target(
            name: "ServiceLife",
            dependencies: ["Admin", "Console", "Flags", "Probing", "Telemetry", "Tensors", argumentParser, logging]
                + metrics
                + nio + lifecycle,
            path: "Shared/ServiceLife", swiftSettings: settings),
        .target(
            name: "Announcing",
            dependencies: [
                "Console", "Flags", "Messages", "Probing", "Tensors", "Transport", "TypedCalls", argumentParser,
                logging,
            ] + nio + lifecycle,
            path: "Shared/Announcing", swiftSettings: settings),
        .target(
            name: "Admin",
            dependencies: [
                "Console", "Probing", "Telemetry", "Transport", logging,
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + hummingbird + nio + lifecycle,
            path: "Shared/Admin", swiftSettings: settings),
        .target(
            name: "Flags", dependencies: ["Console", "Probing", "Tensors", "Transport", argumentParser, logging] + nio,
            path: "Shared/Flags", swiftSettings: settings),
        .target(
            name: "Telemetry", dependencies: ["Probing"] + metrics, path: "Shared/Telemetry", swiftSettings: settings),
        .target(name: "Probing", dependencies: ["Console"], path: "Shared/Probing", swiftSettings: settings),
        .target(
            name: "Console", dependencies: ["Transport", argumentParser, logging] + nio, path: "Shared/Console",
            swiftSettings: settings),
        .target(
            name: "TypedCalls", dependencies: ["Messages", "Tensors", "Transport", logging] + nio,
            path: "Shared/TypedCalls", swiftSettings: settings),
        .target(
            name: "AdminMessages", dependencies: [argumentParser], path: "Shared/AdminMessages", swiftSettings: settings
        ),
        .target(name: "Messages", dependencies: ["CMessages"], path: "Shared/Messages", swiftSettings: settings),
        .target(
            name: "Transport", dependencies: ["CNGHTTP2", logging] + nio, path: "Shared/Transport",
            swiftSettings: settings),
        // Files of sessions' states, which attention writes and reads, and the router puts together.
        .target(
            name: "Snapshots", dependencies: ["Checkpoint", "JSON", "Tensors"], path: "Shared/Snapshots",
            swiftSettings: settings),
        .target(
            name: "Checkpoint", dependencies: ["JSON", "Tensors"], path: "Shared/Checkpoint", swiftSettings: settings),
        .target(name: "JSON", path: "Shared/JSON", swiftSettings: settings),
        // Chat templates, which make a prompt of a conversation.
        .target(name: "Jinja", dependencies: ["JSON"], path: "Shared/Jinja", swiftSettings: settings),
        .target(name: "Tensors", dependencies: ["CKernels"], path: "Shared/Tensors", swiftSettings: settings),

        // Apart from Tensors: OpenBLAS chooses its order of summation by the CPU, so nothing that promises bytes may
        // use it.
        .target(name: "BLAS", dependencies: ["Tensors", "COpenBLAS"], path: "Shared/BLAS", swiftSettings: settings),

        .target(name: "CKernels", path: "Shared/CKernels", cSettings: kernelSettings),
        .target(
            name: "CMessages", dependencies: ["CProtobufC"], path: "Shared/CMessages",
            exclude: ["cluster.proto", "generate", "swift_values.py"]),
        .systemLibrary(
            name: "CNGHTTP2", path: "Shared/CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(
            name: "CProtobufC", path: "Shared/CProtobufC", pkgConfig: "libprotobuf-c",
            providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(
            name: "COpenBLAS", path: "Shared/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),

        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "JSON",
                "AdminMessages", "Attention", "Checkpoint", "Admin", "Flags", "TypedCalls", "ClusterClient",
                "ExpertHost",
                "LocalCluster", "Messages",
                "Router", "Snapshots", "Tensors", "TestSupport", "Transport", logging,
            ] + nio + lifecycle,
            path: "Tests/ClusterTests", swiftSettings: testSettings),
        .testTarget(
            name: "RouterTests",
            dependencies: [
                "Chat", "JSON", "TestSupport", "TypedCalls",
                "AdminMessages", "Attention", "Checkpoint", "Admin", "Console", "ClusterClient", "Messages", "Records",
                "Router", "Snapshots", "Telemetry",
                "Tensors", "Tokenizer",
                "Transport", argumentParser, logging,
            ] + http + metrics + nio,
            path: "Tests/RouterTests", swiftSettings: settings),
        .testTarget(
            name: "RecordsTests", dependencies: ["Records", .product(name: "GRDB", package: "GRDB.swift")],
            path: "Tests/RecordsTests", swiftSettings: testSettings),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "AdminMessages", "BLAS", "Benchmarks", "Checkpoint", "Admin", "Console", "Flags", "ClusterClient",
                "CommandLineTool", "JSON",
                "LocalCluster", "Tensors", "TerminalOutput", "Tokenizer", "Transport", argumentParser, logging,
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio,
            path: "Tests/CommandLineTests", swiftSettings: settings),
        .testTarget(
            name: "ServiceLifeTests", dependencies: ["Flags", "ServiceLife", "TypedCalls", argumentParser],
            path: "Tests/ServiceLifeTests",
            swiftSettings: settings),
        .testTarget(
            name: "AnnouncingTests",
            dependencies: ["Announcing", "Console", "Messages", "Transport", "TypedCalls", logging] + nio + lifecycle,
            path: "Tests/AnnouncingTests", swiftSettings: settings),
        .testTarget(
            name: "AdminTests",
            dependencies: ["Admin", "Console", "Telemetry", "Transport", logging] + nio + lifecycle,
            path: "Tests/AdminTests",
            swiftSettings: settings),
        .testTarget(
            name: "FlagsTests", dependencies: ["Console", "Flags", "Transport", argumentParser, logging],
            path: "Tests/FlagsTests",
            swiftSettings: settings),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Telemetry"] + metrics, path: "Tests/TelemetryTests",
            swiftSettings: settings),
        .testTarget(
            name: "ProbingTests", dependencies: ["Probing", "ServiceLife"], path: "Tests/ProbingTests",
            swiftSettings: settings),
        .testTarget(
            name: "ConsoleTests", dependencies: ["Console", "Transport", logging] + nio, path: "Tests/ConsoleTests",
            swiftSettings: settings),
        .testTarget(
            name: "TypedCallsTests", dependencies: ["Messages", "Transport", "TypedCalls", logging] + nio,
            path: "Tests/TypedCallsTests",
            swiftSettings: settings),
        .testTarget(
            name: "ChatTests", dependencies: ["Chat", "JSON", "TestSupport", "Tokenizer"], path: "Tests/ChatTests",
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "TokenizerTests", dependencies: ["Chat", "TestSupport", "Tokenizer"], path: "Tests/TokenizerTests",
            exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], path: "Tests/JSONTests", swiftSettings: settings),
        .testTarget(
            name: "JinjaTests", dependencies: ["JSON", "Jinja"], path: "Tests/JinjaTests", exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "TensorsTests", dependencies: ["Tensors", "CKernels"], path: "Tests/TensorsTests",
            swiftSettings: testSettings),
        .testTarget(
            name: "MessagesTests", dependencies: ["Messages", "TestSupport"], path: "Tests/MessagesTests",
            swiftSettings: testSettings),
        .testTarget(
            name: "TransportTests", dependencies: ["TestSupport", "Transport", logging] + nio,
            path: "Tests/TransportTests", swiftSettings: settings),
        .testTarget(
            name: "AttentionTests",
            dependencies: [
                "TestSupport", "Attention", "Snapshots", "Checkpoint", "Console", "TypedCalls", "Messages", "Tensors",
                "Transport", logging,
            ]
                + nio, path: "Tests/AttentionTests", swiftSettings: testSettings),
        .testTarget(
            name: "SnapshotsTests", dependencies: ["Checkpoint", "Snapshots", "Tensors"], path: "Tests/SnapshotsTests",
            swiftSettings: settings),
        .testTarget(
            name: "ExpertHostTests",
            dependencies: ["TestSupport", "ExpertHost", "Checkpoint", "TypedCalls", "Messages", "Tensors", "Transport"]
                + nio,
            path: "Tests/ExpertHostTests", swiftSettings: testSettings),
        .testTarget(
            name: "CheckpointTests", dependencies: ["Checkpoint", "JSON", "Tensors", "TestSupport"],
            path: "Tests/CheckpointTests", exclude: ["Fixtures"], swiftSettings: settings),

        // What several test targets use.
        .target(
            name: "TestSupport", dependencies: ["Chat", "JSON", "Tokenizer"], path: "Tests/TestSupport",
            swiftSettings: settings),
    ]
)
