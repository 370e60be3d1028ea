internal import Dispatch
internal import Synchronization

/// Runs the same loop on several threads at once, for a time that is the same for all, and tells how fast they were
/// together.
///
/// A fixed time instead of fixed work: no thread is ever alone with the machine.
struct ThreadRace {
    let threads: Int
    /// How long each thread runs; a round that has begun is finished.
    let duration: Duration

    private struct Lap {
        var begin: ContinuousClock.Instant
        var end: ContinuousClock.Instant
        var rounds: Int
    }
    private final class Laps: Sendable {
        let all = Mutex<[Lap]>([])
    }

    /// - Parameter round: does a piece of work that takes far less than `duration`; given its thread's number and the
    ///   round's.
    /// - Returns: rounds a second, of all threads together.
    func roundsPerSecond(_ round: @escaping @Sendable (_ thread: Int, _ round: Int) -> Void) -> Double {
        let laps = Laps()
        let arrived = DispatchSemaphore(value: 0), start = DispatchSemaphore(value: 0),
            finished = DispatchSemaphore(value: 0)
        for thread in 0 ..< threads {
            // A serial queue of its own is a thread of its own.
            DispatchQueue(label: "minimax.race.\(thread)", qos: .userInitiated).async {
                arrived.signal()
                start.wait()
                let lap = run(thread, round)
                laps.all.withLock { $0.append(lap) }
                finished.signal()
            }
        }
        for _ in 0 ..< threads { arrived.wait() }
        for _ in 0 ..< threads { start.signal() }
        for _ in 0 ..< threads { finished.wait() }
        return laps.all.withLock { laps in
            guard let begin = laps.map(\.begin).min(), let end = laps.map(\.end).max() else { return .nan }
            return Double(laps.reduce(0) { $0 + $1.rounds }) / ((end - begin) / .seconds(1))
        }
    }

    private func run(_ thread: Int, _ round: (Int, Int) -> Void) -> Lap {
        let begin = ContinuousClock.now
        var lap = Lap(begin: begin, end: begin, rounds: 0)
        repeat {
            round(thread, lap.rounds)
            lap.rounds += 1
            lap.end = .now
        } while lap.end - begin < duration
        return lap
    }
}
