import ArgumentParser
import Testing

@testable import CommandLineTool

@Suite("The folder of minimax up --data") struct DataFolderTests {
    @Test("router and attention get folders of their own below it; without one, none")
    func flags() throws {
        let folder = DataFolder(path: try UpCommand.parse(["--model", "m", "--data", "/d"]).data)
        #expect(folder.routerFlags == ["--records", "/d/records"])
        #expect(folder.statesFolder == "/d/states")
        let none = DataFolder(path: try UpCommand.parse(["--model", "m"]).data)
        #expect(none.routerFlags.isEmpty && none.statesFolder == nil)
        #expect(throws: (any Error).self) { try UpCommand.parse(["--model", "m", "--data", ""]) }
    }
}
