import ArgumentParser
import Chat
import Testing
import Tokenizer

@testable import Router

@Suite("The flags about prefixes") struct PrefixOptionsTests {
    @Test(
        "without flags, prefixes are reused within an account, and tools stand where the model was trained to find them"
    )
    func defaults() throws {
        let options = try PrefixOptions.parse([])
        #expect(options.config == PrefixConfig(keeping: KeepPolicy(isOn: true, keepEvery: 8192), owner: "router"))
        #expect(options.toolPlace == .behindMessages)
        #expect(!options.sharePrefixes)
    }

    @Test("each flag does what it says")
    func flags() throws {
        let options = try PrefixOptions.parse(
            ["--prefix-reuse", "off", "--keep-every", "0", "--name", "b-2.x_Y", "--share-prefixes", "--tools-first"])
        #expect(options.config == PrefixConfig(keeping: KeepPolicy(isOn: false, keepEvery: 0), owner: "b-2.x_Y"))
        #expect(options.toolPlace == .behindSystem)
        #expect(options.sharePrefixes)
    }

    @Test(
        "a value that makes no sense is refused with the flag's name and what was found",
        arguments: [
            (["--keep-every", "5"], "--keep-every is 5, expected 0, or 64 or more"),
            (["--keep-every=-64"], "--keep-every is -64, expected 0, or 64 or more"),
            (["--name", ""], "--name is '', expected 1 to 64 letters"),
            (["--name", "a b"], "--name is 'a b', expected 1 to 64 letters"),
            (["--prefix-reuse", "maybe"], "maybe"),
        ])
    func refused(arguments: [String], message: String) throws {
        do {
            _ = try PrefixOptions.parse(arguments)
            Issue.record("accepted: \(arguments)")
        } catch {
            #expect(PrefixOptions.fullMessage(for: error).contains(message), "\(PrefixOptions.fullMessage(for: error))")
        }
    }
}
