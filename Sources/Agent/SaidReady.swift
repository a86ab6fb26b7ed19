import Synchronization

/// The instances that sent `READY=1`.
final class SaidReady: Sendable {
    private let instances = Mutex<Set<String>>([])

    func insert(_ instance: String) { instances.withLock { _ = $0.insert(instance) } }
    func remove(_ instance: String) { instances.withLock { _ = $0.remove(instance) } }
    func contains(_ instance: String) -> Bool { instances.withLock { $0.contains(instance) } }
}
