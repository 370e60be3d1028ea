internal import Console
internal import Tensors

extension MappedMemory {
    /// Memory that has been written to, so that all of it is there.
    ///
    /// - Throws: `StartError` where there is none.
    static func filled(byteCount: Int) throws -> MappedMemory {
        guard let memory = MappedMemory(byteCount: byteCount) else {
            throw StartError("no memory for \(byteCount) bytes to measure with")
        }
        unsafe memory.base.initializeMemory(as: UInt8.self, repeating: 0xA5, count: byteCount)
        return memory
    }
}
