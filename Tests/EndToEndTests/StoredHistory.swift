import FoundationEssentials
import Ports
import Rollouts
import StoreSQLite
import TestSupport

/// What a server left in its store, read when it has stopped.
struct StoredHistory {
    struct Rollout {
        var plan: RolloutPlan
        var state: RolloutState
        /// In the order of their keys.
        var events: [RolloutEvent]
    }

    private struct Record: Decodable { var state: RolloutState }
    private struct Sent: Decodable { var notification: Ports.Notification }

    var rollouts: [String: Rollout] = [:]
    /// The identifiers of all notifications.
    var notifications: Set<String> = []

    init(folder: String) async throws {
        let store = try SQLiteStore(path: "\(folder)/halcyon.db")
        do {
            try await read(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private mutating func read(_ store: SQLiteStore) async throws {
        for document in try await store.listAll("rollouts") {
            let id = document.key.name
            guard let plan = try await store.read(DocumentKey("plans", id)) else { throw Unmet("\(id) has no plan") }
            let events = try await store.list("events", prefix: "\(id)/", after: nil, limit: 100_000)
            rollouts[id] = Rollout(
                plan: try decode(RolloutPlan.self, plan), state: try decode(Record.self, document).state,
                events: try events.map { try decode(RolloutEvent.self, $0) })
        }
        for document in try await store.listAll("deliveries") {
            notifications.insert(try decode(Sent.self, document).notification.id)
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ document: StoredDocument) throws -> Value {
        try JSONDecoder().decode(type, from: Data(document.bytes))
    }

    /// Checks that no event was lost or doubled, and that the states replay.
    func checkEvents() throws {
        for (id, rollout) in rollouts.sorted(by: { $0.key < $1.key }) {
            let numbers = rollout.events.map(\.sequence)
            guard numbers == Array(1...max(1, numbers.count)) else { throw Unmet("\(id) has the events \(numbers)") }
            guard RolloutMachine.replay(rollout.events, plan: rollout.plan) == rollout.state else {
                throw Unmet("the events of \(id) do not lead to its state")
            }
        }
    }

    /// Checks the events, and that everything to be told was put out; somebody must have been there to be told.
    func check() throws {
        try checkEvents()
        for (id, rollout) in rollouts.sorted(by: { $0.key < $1.key }) {
            for event in rollout.events where event.announcement(plan: rollout.plan) != nil {
                let told = notifications.filter { $0.hasSuffix("-\(id)-\(event.sequence)") }
                guard told.count == 1 else { throw Unmet("event \(event.sequence) of \(id) was told as \(told)") }
            }
        }
    }
}
