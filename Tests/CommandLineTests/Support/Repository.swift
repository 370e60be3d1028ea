import Foundation

/// Files of this repository that tests read.
enum Repository {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../..").standardizedFileURL

    /// The demo model's folder.
    static let demo = root.appending(path: "compose/models/demo")

    /// A checkpoint of the tests that ran against other programs.
    static func fixture(_ name: String) -> String { root.appending(path: "Tests/Fixtures/\(name)").path }

    /// A folder with MiniMax-Text-01's published config alone.
    static let text01 = root.appending(path: "Tests/CheckpointTests/Fixtures/MiniMax-Text-01")
}
