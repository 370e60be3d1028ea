internal import Console
internal import Foundation

/// Where parked sessions' files are made.
struct ParkingFolder: Sendable {
    let path: String

    /// - Parameter path: must be usable; nil: /var/tmp, which is on a disk also where /tmp is memory, else the system's
    ///   folder for temporary files. Where neither can be used, the service can do all but park.
    /// - Throws: `StartError` where no file can be made in the folder asked for.
    init(_ path: String?) throws {
        if let path {
            do throws(ParkingError) { _ = try ParkingFile(in: path) } catch {
                throw StartError("--parking-folder \(path) cannot be used: \(error)")
            }
            self.path = path
        } else {
            let candidates = ["/var/tmp", FileManager.default.temporaryDirectory.path]
            self.path = candidates.first { (try? ParkingFile(in: $0)) != nil } ?? candidates[0]
        }
    }

    @Sendable func makeFile() throws(ParkingError) -> ParkingFile { try ParkingFile(in: path) }
}
