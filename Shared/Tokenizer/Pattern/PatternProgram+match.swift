extension PatternProgram {
    /// Where to go on after a failure: at `step`, with the text consumed up to `position`. A run may give back scalars
    /// down to `lowest`, so one entry stands for all its lengths, and a run of any length costs one entry.
    private struct Retry {
        let step: Int
        var position: Int
        let lowest: Int
    }

    /// Working memory of the matcher, kept between calls so that matching allocates nothing.
    struct Matcher {
        /// Bounds the memory of a match; a retry is for each round of a group that repeats.
        private static let retriesMax = 1 << 22
        private static let stepsAtOnce = 1 << 12
        private let program: PatternProgram
        private var retries: [Retry] = []

        init(_ program: PatternProgram) { self.program = program }

        /// The first match in `text[start..<end]`, as Oniguruma's search finds it; `end` is the end of the text for the
        /// pattern.
        mutating func firstMatch(
            in text: Span<UInt8>, from start: Int, to end: Int, _ work: inout EncodingWork
        ) throws(EncodingError) -> Range<Int>? {
            var start = start
            while true {
                if let stop = try match(step: 0, in: text, from: start, to: end, &work) { return start ..< stop }
                guard start < end else { return nil }
                start += UTF8Text.decode(text, at: start).width
            }
        }

        /// Runs the program from `step` at `start`; returns where its match ends, or nil.
        private mutating func match(
            step: Int, in text: Span<UInt8>, from start: Int, to end: Int, _ work: inout EncodingWork
        ) throws(EncodingError) -> Int? {
            let base = retries.count
            defer { retries.removeLast(retries.count - base) }
            var step = step
            var position = start
            var steps = 0        // not yet reported to `work`
            while true {
                steps &+= 1
                var succeeded = true
                switch program.steps[step] {
                case .set(let set):
                    if position < end, case let (scalar, width) = UTF8Text.decode(text, at: position),
                        contains(scalar, set)
                    {
                        position += width
                        step += 1
                    } else {
                        succeeded = false
                    }
                case .run(let set, let min, let max), .runOnce(let set, let min, let max):
                    var count = 0
                    var lowest = position
                    while count < max, position < end, case let (scalar, width) = UTF8Text.decode(text, at: position),
                        contains(scalar, set)
                    {
                        position += width
                        count += 1
                        if count == min { lowest = position }
                    }
                    succeeded = count >= min
                    steps &+= count
                    step += 1
                    if succeeded, position > lowest, case .run = program.steps[step - 1] {
                        retries.append(Retry(step: step, position: position, lowest: lowest))
                    }
                case .ahead(let set, let isNegated):
                    let isMember = position < end && contains(UTF8Text.decode(text, at: position).value, set)
                    succeeded = isMember != isNegated
                    step += 1
                case .fork(let first, let second):
                    guard retries.count < Self.retriesMax else { throw .tooMuchWork }
                    retries.append(Retry(step: second, position: position, lowest: position))
                    step = first
                case .choose(let set, let otherwise):
                    let isMember = position < end && contains(UTF8Text.decode(text, at: position).value, set)
                    step = isMember ? step + 1 : otherwise
                case .jump(let target): step = target
                case .nested(let isNegated, let consumes, let next):
                    let stop = try match(step: step + 1, in: text, from: position, to: end, &work)
                    succeeded = (stop != nil) != isNegated
                    if consumes, let stop { position = stop }
                    step = next
                case .accept:
                    try work.spend(steps)
                    return position
                }
                if succeeded { continue }
                // Between two failures the matcher only goes on through the text, so time is bounded by looking here.
                if retries.count == base || steps > Self.stepsAtOnce {
                    try work.spend(steps)
                    steps = 0
                }
                guard retries.count > base else { return nil }
                let last = retries.count - 1
                step = retries[last].step
                position = retries[last].position
                if position > retries[last].lowest {
                    position = UTF8Text.start(before: position, in: text)        // one shorter than the last try
                    retries[last].position = position
                }
                if position <= retries[last].lowest { retries.removeLast() }
            }
        }

        @inline(__always) private func contains(_ scalar: UInt32, _ set: Int) -> Bool {
            guard scalar < PatternProgram.tabledScalars else { return program.sets[set].contains(scalar) }
            return program.table[set * PatternProgram.wordsPerSet + Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 == 1
        }
    }
}
