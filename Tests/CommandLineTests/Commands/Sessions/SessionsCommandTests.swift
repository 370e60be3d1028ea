import ArgumentParser
import ClusterClient
import Foundation
import Testing

@testable import CommandLineTool

@Suite("minimax sessions") struct SessionsCommandTests {
    @Test("a place is a number of messages or of tokens, and rewinding needs one")
    func places() throws {
        #expect(try SessionsForkCommand.parse(["sess_a"]).place.place == nil)
        #expect(try SessionsForkCommand.parse(["sess_a", "--messages", "2"]).place.place == .messages(2))
        #expect(try SessionsRewindCommand.parse(["sess_a", "--tokens", "0"]).place.place == .tokens(0))
        for flags in [["--messages", "2", "--tokens", "2"], ["--messages", "-1"], []] {
            #expect(throws: (any Error).self) { try SessionsRewindCommand.parse(["sess_a"] + flags) }
        }
        #expect(throws: (any Error).self) { try SessionsListCommand.parse(["--limit", "0"]) }
        #expect(throws: (any Error).self) { try SessionsDeleteCommand.parse([]) }
    }

    @Test("a session is shown with its messages, and with their text where it was told")
    func text() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let session = try decoder.decode(SessionReport.self, from: Data(SessionSamples.session.utf8))
        #expect(
            SessionText.whole(session) == """
                sess_a: 2 messages, 9 tokens
                Created 2023-11-14T22:13:20Z, last used 2023-11-14T22:14:20Z.
                States along it: 2 KiB in memory, 0 bytes on disk.
                Forked from sess_b at token 3.
                title: t

                message      tokens  up to token
                1 user            5            5
                2 assistant       4            9

                Hi
                """)
        #expect(
            SessionText.list([session], hasMore: true) == """
                session  messages  tokens               created             last used  title
                sess_a          2       9  2023-11-14T22:13:20Z  2023-11-14T22:14:20Z      t
                There are more (--limit).
                """)
        #expect(SessionText.list([], hasMore: false) == "There are no sessions.")
    }

    @Test("a move names where the session is now, and whether it was there before")
    func move() throws {
        #expect(try SessionsMoveCommand.parse(["sess_a"]).to == nil)
        #expect(try SessionsMoveCommand.parse(["sess_a", "--to", "attention-2"]).to == "attention-2")
        func text(_ json: String) throws -> String {
            SessionText.move(try JSONDecoder().decode(SessionMoveReport.self, from: Data(json.utf8)))
        }
        #expect(try text(#"{"tokens":9,"moved":true,"members":["a-1","a-2"]}"#) == "9 tokens, moved to a-1, a-2")
        #expect(try text(#"{"tokens":1,"moved":false,"members":["a\n"]}"#) == #"1 token, already on a\u000a"#)
    }

    @Test("what clients noted breaks no row and steers no terminal")
    func strangeNotes() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let json = SessionSamples.session.replacing(#""title":"t""#, with: #""title":"a\nb\u001b[2J","k\r":"v\u0007""#)
            .replacing(#""Hi""#, with: #""Hi\n\u001b[1mthere""#)
        let session = try decoder.decode(SessionReport.self, from: Data(json.utf8))
        let list = SessionText.list([session], hasMore: false)
        #expect(list.split(separator: "\n").count == 2 && list.hasSuffix(#"a\u000ab\u001b[2J"#), "\(list)")
        let whole = SessionText.whole(session)
        #expect(whole.contains("\n" + #"k\u000d: v\u0007"# + "\n" + #"title: a\u000ab\u001b[2J"# + "\n"), "\(whole)")
        #expect(whole.hasSuffix("\n\nHi\n" + #"\u001b[1mthere"#), "\(whole)")
    }
}
