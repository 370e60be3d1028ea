// swift-tools-version: 6.2
import PackageDescription

/// Of the tests; the product adds that every unsafe expression says so.
let testSettings: [SwiftSetting] = [
    // Tests run in release: the same build as the product's, so that neither command makes the other build anew.
    .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
    .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
let settings: [SwiftSetting] = testSettings + [.strictMemorySafety()]
/// Kernels are the hot path, and their order of summation is a promise: optimised in every configuration, never contracted.
let kernelSettings: [CSetting] = [.unsafeFlags(["-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"])]

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

let http: [Target.Dependency] = hummingbird + [
    .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
    .product(name: "NIOHTTPTypes", package: "swift-nio-extras"), .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
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
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Beside the design's table: child processes as tasks, in sessions of their own, which Foundation's Process cannot give.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    ],
    targets: [
        // In the order in which a token meets them.
        .executableTarget(
            name: "Router",
            dependencies: ["JSON", "Tokenizer", "Cluster", "Messages", "Transport", "Checkpoint", "Tensors", argumentParser, logging] + http + metrics + nio + lifecycle,
            path: "Services/Router", swiftSettings: settings),
        .executableTarget(
            name: "Attention",
            dependencies: ["Cluster", "Messages", "Transport", "Checkpoint", "Tensors", argumentParser, logging] + metrics + nio + lifecycle,
            path: "Services/Attention", swiftSettings: settings),
        .executableTarget(
            name: "ExpertHost",
            dependencies: ["Cluster", "Messages", "Transport", "Checkpoint", "Tensors", argumentParser, logging] + metrics + nio + lifecycle,
            path: "Services/ExpertHost", swiftSettings: settings),
        .executableTarget(
            name: "CommandLineTool",
            dependencies: [
                "BLAS", "Checkpoint", "Cluster", "JSON", "Messages", "Tensors", "Tokenizer", "Transport", argumentParser, logging,
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "Subprocess", package: "swift-subprocess"), .product(name: "SystemPackage", package: "swift-system"),
            ] + nio + lifecycle,
            path: "Services/CommandLine", swiftSettings: settings),

        .target(name: "Tokenizer", dependencies: ["JSON"], path: "Shared/Tokenizer", swiftSettings: settings),
        .target(name: "Cluster", dependencies: ["Messages", "Transport", "Tensors", argumentParser, logging, .product(name: "NIOHTTP1", package: "swift-nio")] + hummingbird + metrics + nio + lifecycle, path: "Shared/Cluster", swiftSettings: settings),
        .target(name: "Messages", dependencies: ["CMessages"], path: "Shared/Messages", swiftSettings: settings),
        .target(name: "Transport", dependencies: ["CNGHTTP2", logging] + nio, path: "Shared/Transport", swiftSettings: settings),
        .target(name: "Checkpoint", dependencies: ["JSON", "Tensors"], path: "Shared/Checkpoint", swiftSettings: settings),
        .target(name: "JSON", path: "Shared/JSON", swiftSettings: settings),
        .target(name: "Tensors", dependencies: ["CKernels"], path: "Shared/Tensors", swiftSettings: settings),

        // Apart from Tensors: OpenBLAS chooses its order of summation by the CPU, so nothing that promises bytes may use it.
        .target(name: "BLAS", dependencies: ["Tensors", "COpenBLAS"], path: "Shared/BLAS", swiftSettings: settings),

        .target(name: "CKernels", path: "Shared/CKernels", cSettings: kernelSettings),
        .target(name: "CMessages", dependencies: ["CProtobufC"], path: "Shared/CMessages", exclude: ["cluster.proto", "generate"]),
        .systemLibrary(name: "CNGHTTP2", path: "Shared/CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
        .systemLibrary(name: "CProtobufC", path: "Shared/CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .systemLibrary(name: "COpenBLAS", path: "Shared/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),

        .testTarget(
            name: "ClusterTests", dependencies: ["Router", "ExpertHost", "Cluster", "Messages", "Transport", "Checkpoint", "Tensors", "CommandLineTool", logging] + nio + lifecycle,
            path: "Tests/ClusterTests", swiftSettings: testSettings),
        .testTarget(name: "RouterTests", dependencies: ["Router", "Checkpoint", "Cluster", "Messages", "Tensors", "Tokenizer", "Transport", logging] + http + metrics + nio, path: "Tests/RouterTests", swiftSettings: settings),
        .testTarget(
            name: "CommandLineTests", dependencies: ["CommandLineTool", "BLAS", "Checkpoint", "Cluster", "JSON", "Tensors", "Tokenizer", "Transport", argumentParser, logging, .product(name: "NIOHTTP1", package: "swift-nio")] + nio,
            path: "Tests/CommandLineTests", swiftSettings: settings),
        .testTarget(
            name: "ClusterLibraryTests", dependencies: ["Cluster", "Transport", argumentParser, logging] + metrics + nio + lifecycle,
            path: "Tests/ClusterLibraryTests", swiftSettings: settings),
        .testTarget(name: "TokenizerTests", dependencies: ["Tokenizer"], path: "Tests/TokenizerTests", exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(name: "JSONTests", dependencies: ["JSON"], path: "Tests/JSONTests", swiftSettings: settings),
        .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels"], path: "Tests/TensorsTests", swiftSettings: testSettings),
        .testTarget(name: "MessagesTests", dependencies: ["Messages"], path: "Tests/MessagesTests", swiftSettings: testSettings),
        .testTarget(name: "TransportTests", dependencies: ["Transport", logging] + nio, path: "Tests/TransportTests", swiftSettings: settings),
        .testTarget(name: "AttentionTests", dependencies: ["Attention", "Checkpoint", "Cluster", "Messages", "Tensors", "Transport"], path: "Tests/AttentionTests", swiftSettings: testSettings),
        .testTarget(name: "ExpertHostTests", dependencies: ["ExpertHost", "Checkpoint", "Messages", "Tensors", "Transport"], path: "Tests/ExpertHostTests", swiftSettings: testSettings),
        .testTarget(name: "CheckpointTests", dependencies: ["Checkpoint", "JSON", "Tensors"], path: "Tests/CheckpointTests", exclude: ["Fixtures"], swiftSettings: settings),
    ]
)
