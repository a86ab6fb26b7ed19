import Ports
import Rollouts
import Synchronization
import Wire

/// The plans of ended rollouts that somebody looked at lately; a plan never changes once its rollout has begun.
final class PlanShelf: Sendable {
    private struct State {
        var plans: [String: RolloutPlan] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())
    private static let capacity = 64

    subscript(id: String) -> RolloutPlan? { state.withLock { $0.plans[id] } }

    func put(_ plan: RolloutPlan) {
        state.withLock { state in
            guard state.plans.updateValue(plan, forKey: plan.id) == nil else { return }
            state.order.append(plan.id)
            if state.order.count > PlanShelf.capacity { state.plans[state.order.removeFirst()] = nil }
        }
    }
}

extension ControlPlane {
    /// A rollout's plan: from memory while the rollout matters, otherwise from the store.
    func plan(of id: String) async throws(Problem) -> RolloutPlan {
        if let plan = ledger.plan(of: id) ?? shelf[id] { return plan }
        let document: StoredDocument?
        do throws(StoreError) {
            document = try await store.read(DocumentKey(Collection.plans, id))
        } catch {
            throw Problem(storeError: error)
        }
        guard let document else { throw Problem(.internal, "rollout \(id) has no plan in the store") }
        let plan = try Codec.decode(RolloutPlan.self, document)
        // Only an ended one goes on the shelf: the plan of a queued one is made anew when its turn comes.
        if ledger.rollouts[id]?.state.phase.isFinal ?? false { shelf.put(plan) }
        return plan
    }
}
