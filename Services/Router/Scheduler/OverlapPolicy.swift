internal import ArgumentParser

/// Whether a step's rows are split in two token groups, one in attention while the other is in the experts.
enum OverlapMode: String, Sendable, CaseIterable, ExpressibleByArgument { case auto, on, off }

/// Chooses by measured times. Two groups read the weights twice, and one group leaves each service idle while the other
/// works: which costs more depends on the rows, on the machine and on how the processes share it.
///
/// Steps are compared with steps of about as many rows. The other way is tried now and then: a few steps, given up
/// after the first that is clearly slower, and less and less often as long as nothing changes, so that trying costs far
/// below a hundredth.
struct OverlapPolicy {
    fileprivate struct Trial {
        var current = false        // what is done outside trials
        var times: [Bool: Times] = [:]
        var untilTrial = Self.settle
        var interval = Self.intervalMin
        var left = 0        // steps of the trial under way
        var judged: Double?        // what a step took when it was last compared

        // Few before the first trial: steps of a thousand rows take seconds.
        static let settle = 3, length = 3, intervalMin = 64, intervalMax = 4096
    }

    /// The last few times of one way.
    fileprivate struct Times {
        var last: [Double] = []
        mutating func add(_ seconds: Double) { last = last.suffix(7) + [seconds] }
        mutating func clear() { last = [] }
        var median: Double? { last.isEmpty ? nil : last.sorted()[last.count / 2] }
    }

    private struct Size: Hashable { let generating: Int, prompt: Int }

    private let mode: OverlapMode
    private var trials: [Size: Trial] = [:]

    init(_ mode: OverlapMode) { self.mode = mode }

    func overlaps(generating: Int, prompt: Int) -> Bool {
        guard generating + prompt > 1 else { return false }
        switch mode {
        case .on: return true
        case .off: return false
        case .auto:
            guard let trial = trials[size(generating, prompt)] else { return false }
            return trial.left > 0 ? !trial.current : trial.current
        }
    }

    mutating func record(generating: Int, prompt: Int, overlapped: Bool, seconds: Double) {
        guard mode == .auto, generating + prompt > 1 else { return }
        trials[size(generating, prompt), default: Trial()].record(overlapped, seconds)
    }

    /// Rows by powers of two: steps of one size take about the same time.
    private func size(_ generating: Int, _ prompt: Int) -> Size {
        Size(
            generating: Int.bitWidth - generating.leadingZeroBitCount, prompt: Int.bitWidth - prompt.leadingZeroBitCount
        )
    }
}

extension OverlapPolicy.Trial {
    fileprivate mutating func record(_ overlapped: Bool, _ seconds: Double) {
        times[overlapped, default: .init()].add(seconds)
        if left > 0, overlapped != current { return tried() }
        if hasDrifted {
            (interval, judged) = (Self.intervalMin, nil)
            untilTrial = min(untilTrial, Self.settle)
        }
        untilTrial -= 1
        if untilTrial <= 0 {
            left = Self.length
            times[!current]?.clear()
        }
    }

    /// Steps no longer take what they took when the two ways were compared: the comparison may not hold either.
    private var hasDrifted: Bool {
        guard let judged, let now = times[current]?.median else { return false }
        return abs(now - judged) > judged / 5
    }

    private mutating func tried() {
        left -= 1
        guard let now = times[current]?.median, let other = times[!current]?.median else { return }
        if other > now * 1.1 { left = 0 }
        guard left == 0 else { return }
        if other < now * 0.97 {
            current.toggle()
            interval = Self.intervalMin
        } else {
            interval = min(interval * 2, Self.intervalMax)
        }
        judged = times[current]?.median
        untilTrial = interval
    }
}
