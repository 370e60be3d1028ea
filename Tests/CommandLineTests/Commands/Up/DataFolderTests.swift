import ArgumentParser
import Testing

@testable import CommandLineTool

@Suite("The folder of minimax up --data") struct DataFolderTests {
    @Test("router and attention get folders of their own below it; without one, no flags")
    func flags() throws {
        let folder = DataFolder(path: try UpCommand.parse(["--model", "m", "--data", "/d"]).data)
        #expect(folder.routerFlags == ["--records", "/d/records"])
        #expect(folder.attentionFlags == ["--states-folder", "/d/states"])
        let none = DataFolder(path: try UpCommand.parse(["--model", "m"]).data)
        #expect(none.routerFlags.isEmpty && none.attentionFlags.isEmpty)
        #expect(throws: (any Error).self) { try UpCommand.parse(["--model", "m", "--data", ""]) }
    }
}
