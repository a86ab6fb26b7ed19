import Glibc
import MetricsStore

/// A thread that nobody waits for.
struct Thread {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() {
        final class Box: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var handle = pthread_t()
        pthread_create(
            &handle, nil,
            { raw in
                if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(Box(body)).toOpaque())
        pthread_detach(handle)
    }
}

/// Lets one thread wait for another's answer.
///
/// Unchecked: the semaphore orders the write of `problem` before its read.
final class Gate: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private var problem: StoreError?

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func open(_ problem: StoreError?) {
        self.problem = problem
        sem_post(semaphore)
    }

    func wait() -> StoreError? {
        while sem_wait(semaphore) != 0 {}
        return problem
    }
}
