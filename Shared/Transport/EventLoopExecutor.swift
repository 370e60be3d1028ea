package import NIOCore

/// Runs tasks on one event loop: what they call over connections of that loop, and whatever they wait for there, wakes
/// no other thread.
///
/// Made the preferred executor of a task (`withTaskExecutorPreference`, `addTask(executorPreference:)`), it is that of
/// its child tasks too. An actor on the loop would not do: a continuation, a task group and an `AsyncStream` all resume
/// an actor's task by way of the shared pool. Tasks on a loop must not compute for long: the loop's connections wait
/// meanwhile.
package final class EventLoopExecutor: TaskExecutor {
    private let vigil: LoopVigil

    /// - Parameter eventLoop: must not be shut down while tasks run on it.
    package init(_ eventLoop: any EventLoop) { vigil = .of(eventLoop) }

    /// Hands the job to the event loop, from any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        vigil.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
