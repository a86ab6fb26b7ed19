import NIOPosix

/// Threads that queries and rules are evaluated on, less urgent than everything else in the process.
public final class QueryThreads: TaskExecutor {
    private let pool: NIOThreadPool

    public init(count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        pool.submit { _ in
            ThreadUrgency.lower()
            job.runSynchronously(on: executor)
        }
    }

    /// Ends the threads; nothing may be waiting for them.
    public func shutDown() async { try? await pool.shutdownGracefully() }
}
