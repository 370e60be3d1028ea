import Checkpoint
import Testing

@Suite("Checkpoint names") struct CheckpointNameTests {
    @Test(
        "a checkpoint is called as its folder, however that is written",
        arguments: ["/m/demo", "/m/demo/", "/m/other/../demo", "/m/demo/."])
    func folder(path: String) { #expect(checkpointName(of: path) == "demo") }

    @Test(
        "in a cache of Hugging Face it is called as its model",
        arguments: [
            ("models--MiniMaxAI--MiniMax-Text-01", "MiniMaxAI/MiniMax-Text-01"), ("models--gpt2", "gpt2"),
        ])
    func cache(folder: String, name: String) {
        #expect(checkpointName(of: "/h/hub/\(folder)/snapshots/0f1e2d") == name)
        #expect(checkpointName(of: "/h/hub/\(folder)/snapshots/0f1e2d/") == name)
    }

    @Test(
        "what only resembles such a cache is a folder",
        arguments: [
            ("/h/models--a--b/0f1e", "0f1e"), ("/h/models--/snapshots/0f1e", "0f1e"), ("/snapshots/0f1e", "0f1e"),
        ])
    func other(path: String, name: String) { #expect(checkpointName(of: path) == name) }
}
