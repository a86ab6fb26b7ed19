import FlagSpecs
import Logging
import Ports
import Values
import Wire

/// What happens by itself: scheduled changes, and the steps of ramps.
///
/// Both are in the stored flag. A step is committed before it is published, so that a server that is killed at any moment goes
/// on where it was, and what fell due meanwhile is made when it is back.
extension FlagRegistry {
    func makeDueChanges() async {
        let now = clock()
        for (name, state) in environments.sorted(by: { $0.key < $1.key }) where state.trouble.isEmpty {
            let due = state.flags.values.filter { item in item.value.nextChangeAt.map { $0 <= now } ?? false }
            for key in due.map(\.value.key).sorted() { await makeDueChange(of: key, in: name) }
        }
    }

    private func makeDueChange(of key: String, in environment: String) async {
        do throws(Problem) {
            let (done, _) = try await change(by: FlagRegistry.system) { (draft) throws(Problem) -> [String] in
                guard var flag = try draft.environment(environment).flags[key]?.value else { return [] }
                let file = try draft.environment(environment).flags[key]?.record.file
                let done = flag.advance(to: draft.now)
                guard !done.isEmpty else { return [] }
                draft.explain(done.joined(separator: "; "))
                try draft.set(.flag, key, in: environment, to: flag.node, action: "scheduled", file: file)
                return done
            }
            if !done.isEmpty { logger.notice("flag \(key) in \(environment): \(done.joined(separator: "; "))") }
        } catch {
            logger.error("what was due for flag \(key) in \(environment) was not done: \(error)")
            // A store that fails may work again in a second; a change that is wrong stays wrong.
            if error.kind == .invalid { await giveUp(key, in: environment, because: error) }
        }
    }

    /// Takes a change away that cannot be made.
    private func giveUp(_ key: String, in environment: String, because problem: Problem) async {
        do throws(Problem) {
            try await change(by: FlagRegistry.system) { (draft) throws(Problem) in
                guard var flag = try draft.environment(environment).flags[key]?.value else { return }
                let file = try draft.environment(environment).flags[key]?.record.file
                flag.dropDue(at: draft.now)
                draft.explain("it could not be made: \(problem.places.first?.message ?? problem.message)")
                try draft.set(.flag, key, in: environment, to: flag.node, action: "unscheduled", file: file)
            }
        } catch {
            logger.error("flag \(key) in \(environment) keeps a change that cannot be made: \(error)")
        }
    }
}
