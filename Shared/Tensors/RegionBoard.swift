internal import Synchronization

/// What the threads of a pool share of the region under way: its work, in chunks, and how far each thread has come.
///
/// Each thread has a contiguous run of the chunks, takes them one by one, and then helps its neighbours with theirs;
/// the thread that asks helps all. So one that wakes late or is held up delays nobody: what it has not taken, others
/// take, and it is not waited for. Every thread counts on a cache line of its own, which a few others read; the one
/// line that all read is written once a region.
///
/// A thread may come so late that its region is over and another is under way, or just being described. It is then
/// turned away: by `begun`, which says which region the description belongs to, and by the claims, which carry the
/// region's number.
@safe final class RegionBoard: @unchecked Sendable {        // the memory behind the pointers holds atomics alone
    /// A closure in an object, so that threads call it without counting references, which would be a line that all
    /// write.
    final class Work {
        let body: (Int) -> Void
        init(_ body: @escaping (Int) -> Void) { self.body = body }
    }

    /// Written by the thread that asks.
    private struct Region: ~Copyable {
        /// Its number, once its description is whole.
        let number = Atomic<UInt64>(0)
        /// Its number, before the description is touched.
        let begun = Atomic<UInt64>(0)
        let chunks = Atomic(0)
        let threads = Atomic(0)
        /// Where its `Work` lies.
        let work = Atomic<UInt>(0)
    }

    /// One thread's.
    private struct Progress: ~Copyable {
        /// Chunks of its run that were taken, by whomever: the region's number and a count.
        let claims = Atomic<UInt64>(0)
        /// Chunks it has done, of whatever run: the region's number and a count.
        let finished = Atomic<UInt64>(0)
    }

    /// Two cache lines: some processors fetch them in pairs.
    private static let lineBytes = 128
    private static let countBits = 16
    /// Threads that help each other.
    static let groupSize = 8
    /// Chunks of a region.
    static let chunksMax = 1 << countBits - 1

    private let memory: UnsafeMutableRawPointer
    private let region: UnsafeMutablePointer<Region>

    init(threads: Int) {
        unsafe memory = .allocate(byteCount: (threads + 1) * Self.lineBytes, alignment: Self.lineBytes)
        unsafe region = memory.bindMemory(to: Region.self, capacity: 1)
        unsafe region.initialize(to: Region())
        for thread in 0 ..< threads {
            unsafe (memory + (thread + 1) * Self.lineBytes).bindMemory(to: Progress.self, capacity: 1).initialize(
                to: Progress())
        }
    }

    // Atomics of integers need no deinitialization.
    deinit { unsafe memory.deallocate() }

    /// The number of the newest region.
    var number: UInt64 { unsafe region.pointee.number.load(ordering: .acquiring) }

    private func progress(_ thread: Int) -> UnsafeMutablePointer<Progress> {
        unsafe (memory + (thread + 1) * Self.lineBytes).assumingMemoryBound(to: Progress.self)
    }

    // MARK: the thread that asks, one at a time

    /// Begins a region of `0 ..< chunks` for the first `threads` threads; they must be woken afterwards if they sleep.
    ///
    /// - Parameter work: lives until `finish` has returned.
    func begin(chunks: Int, threads: Int, _ work: Work) {
        let next = number + 1
        unsafe region.pointee.begun.store(next, ordering: .relaxed)
        atomicMemoryFence(ordering: .acquiringAndReleasing)
        unsafe region.pointee.chunks.store(chunks, ordering: .relaxed)
        unsafe region.pointee.threads.store(threads, ordering: .relaxed)
        unsafe region.pointee.work.store(
            UInt(bitPattern: Unmanaged.passUnretained(work).toOpaque()), ordering: .relaxed)
        unsafe region.pointee.number.store(next, ordering: .sequentiallyConsistent)
    }

    /// Does what others have not taken, and waits for what they have.
    func finish() {
        let number = number
        let chunks = unsafe region.pointee.chunks.load(ordering: .relaxed),
            threads = unsafe region.pointee.threads.load(ordering: .relaxed)
        let own = work(number, as: 0)
        guard own < chunks else { return }
        Spin.wait { (1 ..< threads).reduce(own) { $0 + finished(by: $1, number) } == chunks }
    }

    private func finished(by thread: Int, _ number: UInt64) -> Int {
        let finished = unsafe progress(thread).pointee.finished.load(ordering: .acquiring)
        return finished >> Self.countBits == number ? Int(finished & UInt64(Self.chunksMax)) : 0
    }

    // MARK: every thread

    /// Does chunks of the region `number`, as long as there are any.
    ///
    /// - Returns: how many.
    @discardableResult func work(_ number: UInt64, as thread: Int) -> Int {
        let chunks = unsafe region.pointee.chunks.load(ordering: .relaxed),
            threads = unsafe region.pointee.threads.load(ordering: .relaxed)
        let work = unsafe UnsafeRawPointer(bitPattern: region.pointee.work.load(ordering: .relaxed))
        atomicMemoryFence(ordering: .acquiring)
        let isWhole = unsafe region.pointee.begun.load(ordering: .relaxed) == number
        guard isWhole, thread < threads, let work = unsafe work else { return 0 }
        var done = 0
        // Its own run, then those of its group; all, if it is the one that waits for them.
        let group = thread / Self.groupSize * Self.groupSize,
            groupEnd = thread == 0 ? threads : min(group + Self.groupSize, threads)
        for step in 0 ..< groupEnd - group {
            let run = thread + step < groupEnd ? thread + step : thread + step - groupEnd + group
            let first = chunks * run / threads, count = chunks * (run + 1) / threads - first
            while let index = claim(number, of: run, count: count) {
                unsafe Unmanaged<Work>.fromOpaque(work)._withUnsafeGuaranteedRef { $0.body(first + index) }
                done += 1
            }
        }
        if done > 0 {
            unsafe progress(thread).pointee.finished.store(
                number << Self.countBits | UInt64(done), ordering: .releasing)
        }
        return done
    }

    /// Takes the next chunk of a thread's run; nil where none is left or the region is over.
    private func claim(_ number: UInt64, of run: Int, count: Int) -> Int? {
        var seen = unsafe progress(run).pointee.claims.load(ordering: .relaxed)
        while true {
            let seenNumber = seen >> Self.countBits,
                taken = seenNumber == number ? Int(seen & UInt64(Self.chunksMax)) : 0
            guard seenNumber <= number, taken < count else { return nil }
            let (isMine, now) = unsafe progress(run).pointee.claims.compareExchange(
                expected: seen, desired: number << Self.countBits | UInt64(taken + 1), ordering: .acquiringAndReleasing)
            if isMine { return taken }
            seen = now
        }
    }
}
