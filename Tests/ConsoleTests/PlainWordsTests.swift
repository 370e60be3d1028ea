import Foundation
import NIOCore
import NIOPosix
import Testing
import Transport

@testable import Console

@Suite("Errors in plain words") struct PlainWordsTests {
    @Test("what the system says has no library's name in it")
    func words() async throws {
        #expect(plainWords(of: IOError(errnoCode: ECONNRESET, reason: "read")) == "Connection reset by peer")
        #expect(plainWords(of: ChannelError.connectTimeout(.seconds(1))) == "no connection in time")
        let error = #expect(throws: (any Error).self) {
            try FileManager.default.createDirectory(atPath: "/proc/none", withIntermediateDirectories: true)
        }
        #expect(plainWords(of: try #require(error)) == "No such file or directory")
    }

    @Test("a name that nobody has is told as such, by who listens and by who connects")
    func unknownName() async throws {
        let group = MultiThreadedEventLoopGroup.singleton, name = "no-such-name.invalid"
        let listening = await #expect(throws: (any Error).self) {
            _ = try await ServerBootstrap(group: group).bind(host: name, port: 0).get()
        }
        let sentence = StartError(listeningOn: .tcp(host: name, port: 1), purpose: "--host", try #require(listening))
            .description
        #expect(sentence.hasPrefix("--host \(name):1 cannot be used: ") && sentence.contains("name"))
        #expect(!sentence.contains("Error"))
        let connecting = await #expect(throws: (any Error).self) {
            _ = try await ClientBootstrap(group: group).connect(host: name, port: 1).get()
        }
        #expect(sentence.hasSuffix(plainWords(of: try #require(connecting))))
    }

    @Test("a port that is taken is told as such")
    func taken() {
        let sentence = StartError(
            listeningOn: .tcp(host: "::1", port: 80), purpose: "--port", IOError(errnoCode: EADDRINUSE, reason: "bind")
        ).description
        #expect(sentence == "--port [::1]:80 is already in use; is this program running already?")
    }
}
