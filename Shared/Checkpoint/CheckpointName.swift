internal import Foundation

/// What the checkpoint in a folder is called: as the folder. In a download cache of Hugging Face,
/// `…/models--ORG--NAME/snapshots/COMMIT`, that says nothing, and the name is `ORG/NAME`.
package func checkpointName(of folder: String) -> String {
    let parts = URL(filePath: folder).standardizedFileURL.pathComponents.suffix(3)
    let mark = "models--"
    if parts.count == 3, let cached = parts.first, cached.hasPrefix(mark), cached.count > mark.count,
        parts.dropFirst().first == "snapshots"
    {
        return String(cached.dropFirst(mark.count).replacing("--", with: "/"))
    }
    return parts.last ?? folder
}
