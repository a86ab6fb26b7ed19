import Ports
import Rollouts
import Synchronization
import Wire

/// A rollout and what it was started with.
struct WholeRollout: Sendable {
    var record: RolloutRecord
    var plan: RolloutPlan

    var machine: RolloutMachine { RolloutMachine(plan: plan, state: record.state) }
}

/// The ended rollouts that somebody looked at lately. What is here can neither move nor go back any more.
final class RolloutShelf: Sendable {
    private struct State {
        var rollouts: [String: WholeRollout] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())
    private static let capacity = 64

    subscript(id: String) -> WholeRollout? { state.withLock { $0.rollouts[id] } }

    func put(_ rollout: WholeRollout) {
        let id = rollout.record.id
        state.withLock { state in
            guard state.rollouts.updateValue(rollout, forKey: id) == nil else { return }
            state.order.append(id)
            if state.order.count > RolloutShelf.capacity { state.rollouts[state.order.removeFirst()] = nil }
        }
    }
}

extension ControlPlane {
    /// A rollout: from memory while it matters, otherwise from the store.
    ///
    /// - Throws: `Problem` when it is not there, or the store cannot be read.
    func whole(rollout id: String) async throws(Problem) -> WholeRollout {
        let (living, isKnown) = memory.withLock { ($0.ledger.whole(id), $0.ledger.index[id] != nil) }
        if let living { return living }
        guard isKnown else { throw Problem.unknown("rollout", id, among: ledger.index.identifiers) }
        if let kept = shelf[id] { return kept }
        let rollout = WholeRollout(
            record: try await read(Collection.rollouts, id, as: RolloutRecord.self),
            plan: try await read(Collection.plans, id, as: RolloutPlan.self))
        // What has not ended is in memory, unless its line is broken: that is never kept here.
        if rollout.record.state.phase.isFinal { shelf.put(rollout) }
        return rollout
    }

    private func read<Value: Decodable>(
        _ collection: String, _ id: String, as type: Value.Type
    ) async throws(Problem) -> Value {
        let document: StoredDocument?
        do throws(StoreError) {
            document = try await store.read(DocumentKey(collection, id))
        } catch {
            throw Problem(storeError: error)
        }
        guard let document else { throw Problem(.internal, "the store has no \(collection)/\(id)") }
        return try Codec.decode(type, document)
    }
}
