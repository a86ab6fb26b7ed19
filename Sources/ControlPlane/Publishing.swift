import Rollouts
import Synchronization
import Values
import Wire

extension ControlPlane {
    /// Shows rollouts to whoever listens.
    func publishRollouts(_ ids: Set<String>) {
        guard feed.hasListeners, !ids.isEmpty else { return }
        let now = clock()
        let views = memory.withLock { memory in
            ids.sorted().compactMap(memory.ledger.whole).map { memory.view($0, at: now) }
        }
        feed.publish(views.map(LiveEvent.rollout))
    }

    /// Rollouts in flight change with every look: readings, bake clocks, hosts. Once a tick is often enough to see it.
    func publishActiveRollouts(at now: Timestamp) {
        let isDue = memory.withLock { memory in
            guard now - memory.publishedAt >= settings.tick || now < memory.publishedAt else { return false }
            memory.publishedAt = now
            return true
        }
        guard isDue, feed.hasListeners else { return }
        publishRollouts(Set(ledger.lines.values.compactMap(\.active)))
    }

    func publishHost(_ name: String) {
        guard feed.hasListeners else { return }
        let now = clock()
        if let view = memory.withLock({ $0.view(host: name, at: now) }) { feed.publish([.host(view)]) }
    }

    func publishService(_ name: String) {
        guard feed.hasListeners else { return }
        feed.publish([.service(name: name)])
    }
}
