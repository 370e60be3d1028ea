internal import Tensors
internal import TerminalOutput

/// One kernel under measurement: what a call does, what that amounts to, and what it is measured against.
struct KernelLane: Sendable {
    enum Yardstick: Sendable {
        /// The amount is bytes; the ceiling is the read bandwidth.
        case reading
        /// The amount is operations; the ceiling is a peak, where the machine has one of the kind.
        case computing(MachineCeilings.Peak?)
        /// The amount is elements; nothing to compare them with.
        case passing
    }

    let name: String
    let yardstick: Yardstick
    /// The bytes, operations or elements of one call.
    let amount: Double
    /// Does one call. It is given the number of calls before, so that it can walk through more memory than the caches
    /// hold.
    let call: @Sendable (_ number: Int) -> Void

    /// What one round found, each a second: the amount, and what it could have been at that moment.
    struct Round: Sendable {
        let calls: Int
        let rate: Double
        let ceiling: Double?
    }

    private static let duration = Duration.milliseconds(60), ceilingDuration = Duration.milliseconds(40)

    /// Measures the ceiling, then calls again and again for a while, at least once.
    func measure(from first: Int, _ ceilings: MachineCeilings, threads: Int) -> Round {
        let ceiling: Double? =
            switch yardstick {
            case .reading: ceilings.readBandwidth(threads: threads, for: Self.ceilingDuration)
            case .computing(let peak): peak.map { ceilings.operations($0, threads: threads, for: Self.ceilingDuration) }
            case .passing: nil
            }
        let begin = ContinuousClock.now
        var calls = 0
        var elapsed = Duration.zero
        repeat {
            call(first + calls)
            calls += 1
            elapsed = ContinuousClock.now - begin
        } while elapsed < Self.duration
        return Round(calls: calls, rate: amount * Double(calls) / (elapsed / .seconds(1)), ceiling: ceiling)
    }

    var unit: String {
        switch yardstick {
        case .reading: "GB/s"
        case .computing: "GFLOP/s"
        case .passing: "Gelements/s"
        }
    }

    func measurement(_ rounds: [Round]) -> Measurement {
        let ceilings = rounds.compactMap(\.ceiling)
        return Measurement(
            name: name, value: median(rounds.map(\.rate)) / 1e9, unit: unit,
            ceiling: ceilings.isEmpty ? nil : median(ceilings) / 1e9)
    }
}

/// Memory larger than the caches, lent piece after piece, over and over.
struct MemoryRing: Sendable {
    let memory: MappedMemory

    /// Where piece `number` of `byteCount` bytes lies; pieces begin at multiples of 64.
    func piece(_ number: Int, byteCount: Int) -> UnsafeMutableRawPointer {
        let stride = (byteCount + 63) / 64 * 64
        let count = memory.byteCount / stride
        precondition(count > 0, "a piece of \(byteCount) bytes in a ring of \(memory.byteCount)")
        return unsafe memory.base + number % count * stride
    }

    /// Matrix `number` of its kind. Its weights are the pattern the memory is filled with; speed does not depend on
    /// them.
    func matrix(_ number: Int, _ elementType: ElementType, rows: Int, columns: Int) -> WeightMatrix {
        let elementBytes = (rows * elementType.rowByteCount(columns: columns) + 63) / 64 * 64
        let scaleBytes = rows * elementType.scaleCount(columns: columns) * 2
        let base = unsafe piece(number, byteCount: elementBytes + scaleBytes)
        return unsafe WeightMatrix(
            rows: rows, columns: columns, elementType: elementType, base: base, owner: memory,
            scales: scaleBytes > 0 ? base + elementBytes : nil,
            scalesOwner: memory)
    }
}
