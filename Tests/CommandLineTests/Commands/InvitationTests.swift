import Foundation
import Testing
import Transport

@testable import CommandLineTool

@Suite("Invitation") struct InvitationTests {
    private func text(
        _ greeting: Invitation.Greeting, admin: Address = .unix(path: "/s/router.admin"), isOpen: Bool = false
    ) -> String {
        Invitation(url: "http://127.0.0.1:80", admin: admin, greeting: greeting, isOpen: isOpen).text(seconds: 0.84)
    }

    @Test("it names the model and says how to ask, to watch and to stop")
    func model() {
        #expect(
            text(.model("it's")) == #"""
                Ready after 0.8 s: http://127.0.0.1:80

                  curl -N http://127.0.0.1:80/v1/chat/completions -H 'content-type: application/json' -d \#
                '{"model":"it'\''s","messages":[{"role":"user","content":"Hello"}],"max_tokens":32,"stream":true}'
                  curl --unix-socket /s/router.admin http://router/metrics
                  minimax plan --admin unix:/s/router.admin

                Ctrl-C stops it.
                """#)
    }

    @Test("where keys are asked for, the line has a place for one")
    func key() {
        #expect(text(.asksForKey, isOpen: true).contains("/v1/chat/completions -H 'authorization: Bearer YOUR_KEY' -H"))
        #expect(!text(.silence).contains("YOUR_KEY"))
    }

    @Test("a front that other machines reach without a key is told of")
    func open() {
        let warning = "\nWhoever reaches this machine may use it: there are no API keys (--api-keys-file).\n"
        #expect(text(.model("m"), isOpen: true).contains(warning))
        #expect(!text(.model("m")).contains("Whoever"))
        #expect(!text(.asksForKey, isOpen: true).contains("Whoever"))
    }

    @Test("an admin address with a port is asked there")
    func admin() {
        let text = text(.silence, admin: .tcp(host: "127.0.0.1", port: 9090))
        #expect(text.contains("  curl http://127.0.0.1:9090/metrics\n  minimax plan --admin 127.0.0.1:9090\n"))
    }

    @Test("the curl line that up prints is a request a shell passes on unchanged")
    func shell() throws {
        let lines = text(.model("it's \"m\"")).split(separator: "\n")
        let line = try #require(lines.first { $0.contains("curl") }).trimmingPrefix { $0 == " " }
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "curl() { for last; do :; done; printf %s \"$last\"; }; \(line)"]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let body = output.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        let object = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        #expect(object["model"] as? String == "it's \"m\"")
        #expect(object["stream"] as? Bool == true)
    }
}
