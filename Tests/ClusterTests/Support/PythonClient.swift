import Foundation
import Testing

/// A client of the REST API that others wrote in Python, with a script of checks in `Tests/Reference`.
struct PythonClient {
    /// As `import` names it.
    let package: String
    let python: String

    /// - Parameter python: nil: the one in which `Tests/run` installs the packages that every run of the tests needs.
    init(_ package: String, python: String? = nil) {
        self.package = package
        self.python = python ?? ProcessInfo.processInfo.environment["MINIMAX_TEST_PYTHON"] ?? "python3"
    }

    /// Runs a script, in which every check must hold, against a cluster whose model is called `demo`.
    func check(_ script: String, _ server: String) async throws {
        let isThere = "import importlib.util, sys; sys.exit(importlib.util.find_spec('\(package)') is None)"
        let probe = try await Tool.run(python, ["-c", isThere])
        try #require(
            probe.status == 0, "\(python) has no package \(package); Tests/run installs it\n\(probe.output)")
        let path = Paths.repository.appending(path: "Tests/Reference/\(script).py").path
        let result = try await Tool.run(python, [path, server, "demo"])
        #expect(result.status == 0 && result.output.contains(" 0 failed"), "\(result.output)")
    }
}
