import AdminMessages
import ArgumentParser
import Testing

@testable import Router

@Suite("The flags about attention services") struct AttentionOptionsTests {
    @Test("one service is waited for and parts are chosen by the router, unless the operator says otherwise")
    func parsed() throws {
        let usual = try AttentionOptions.parse([])
        #expect(usual.attentionHosts == 1 && usual.attentionParts == .auto)
        let options = try AttentionOptions.parse(["--attention-hosts", "4", "--attention-parts", "2"])
        #expect(options.attentionHosts == 4 && options.attentionParts == .fixed(2))
    }

    @Test(
        "what cannot be is refused by the flag's name",
        arguments: [
            (["--attention-hosts", "0"], "--attention-hosts is 0"),
            (["--attention-parts", "3"], "--attention-parts"), (["--attention-parts", "whole"], "--attention-parts"),
        ])
    func refused(arguments: [String], named: String) {
        let error = #expect(throws: (any Error).self) { try AttentionOptions.parse(arguments) }
        let message = error.map { AttentionOptions.fullMessage(for: $0) } ?? ""
        #expect(message.contains(named), "\(message)")
    }
}
