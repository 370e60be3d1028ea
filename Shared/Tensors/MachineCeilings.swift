internal import CKernels

/// Measures what this machine can do at most, with loops that do nothing else (`CKernels/include/probe.h`).
///
/// Each call is one measurement of a fraction of a second; measure again and again beside what is compared with it.
@safe package struct MachineCeilings: @unchecked Sendable {        // the memory is only read, the reader is a function
    /// What one instruction of a peak does.
    package enum Arithmetic: Int32, Sendable, CaseIterable {
        /// Multiply and add of float32.
        case float32 = 0
        /// Products of bfloat16 pairs, added in float32.
        case bfloat16Dot = 1
        /// Products of four int8, added in int32.
        case int8Dot = 2
    }

    /// The peak of one kind of arithmetic with one instruction set.
    @safe package struct Peak: @unchecked Sendable {        // the loops are constants of the C module
        /// The name of the instruction set, as `avx2` or `neon-dot`.
        package let instructionSet: String
        /// What the instructions of the measuring loop compute.
        package let arithmetic: Arithmetic
        fileprivate let loop: probe_loop
    }

    /// More than the caches of most machines.
    package static let bufferBytesDefault = 1 << 30
    /// What a thread reads before it looks at the clock: tens of microseconds.
    private static let pieceBytes = 1 << 20
    private static let roundsPerPiece = 20_000

    private let memory: MappedMemory
    private let reader: probe_reader

    /// - Returns: nil when there is no memory for a buffer of `bufferBytes`.
    package init?(bufferBytes: Int = bufferBytesDefault) {
        guard let memory = MappedMemory(byteCount: max(bufferBytes, Self.pieceBytes)),
            let reader = unsafe probe_reader_supported()
        else { return nil }
        self.memory = memory
        unsafe self.reader = reader
    }

    /// What this machine's instruction sets offer, the plainest first.
    package static let peaks: [Peak] = {
        var loops = unsafe [UnsafePointer<probe_loop>?](repeating: nil, count: Int(PROBE_LOOPS_MAX))
        let count = unsafe loops.withUnsafeMutableBufferPointer { unsafe probe_loops_supported($0.baseAddress) }
        return unsafe loops.prefix(count).compactMap { unsafe $0?.pointee }.compactMap { loop in
            unsafe Arithmetic(rawValue: loop.arithmetic).map {
                unsafe Peak(instructionSet: String(cString: loop.name), arithmetic: $0, loop: loop)
            }
        }
    }()

    /// Bytes a second that `threads` threads together read, each streaming through a part of the buffer of its own.
    package func readBandwidth(threads: Int, for duration: Duration = .milliseconds(200)) -> Double {
        let pieces = max(1, memory.byteCount / threads / Self.pieceBytes)
        let rounds = ThreadRace(threads: threads, duration: duration).roundsPerSecond { thread, round in
            let piece = (thread * pieces + round % pieces) % (memory.byteCount / Self.pieceBytes)
            unsafe reader(memory.base + piece * Self.pieceBytes, Self.pieceBytes)
        }
        return rounds * Double(Self.pieceBytes)
    }

    /// Operations a second of `threads` threads together; a multiply-add counts as two.
    package func operations(_ peak: Peak, threads: Int, for duration: Duration = .milliseconds(50)) -> Double {
        let rounds = ThreadRace(threads: threads, duration: duration).roundsPerSecond { _, _ in
            unsafe peak.loop.run(Self.roundsPerPiece)
        }
        return unsafe rounds * Double(Self.roundsPerPiece * peak.loop.operations)
    }
}
