import Ports
import Rollouts
import Wire

// What a person asks of a rollout: first the question, then the deed.
extension Site {
    func confirmation(
        _ id: String, _ verb: String, _ request: PageRequest, _ scene: Scene
    ) async throws(Problem) -> ConfirmationPage {
        let rollout = try await surface.rollout(id)
        let action = try allowed(verb, full: request.query["full"] == "true", on: rollout, scene)
        return ConfirmationPage(rollout: rollout, action: action)
    }

    func act(
        rollout id: String, verb: String, _ request: PageRequest, _ scene: Scene, _ principal: Principal
    ) async throws(Problem) -> PageResponse {
        let rollout = try await surface.rollout(id)
        let action = try allowed(verb, full: request.form["full"] == "true", on: rollout, scene)
        let reason = String((request.form["reason"] ?? "").prefix(500))
        do throws(Problem) {
            let next: String
            if let command = action.command {
                next = try await surface.command(command, rollout: rollout.id, reason: reason, by: principal).id
            } else {
                next = try await surface.retry(rollout: rollout.id, reason: reason, by: principal).rollout ?? rollout.id
            }
            return .redirect(to: Link("rollouts", next, query: [("done", action.key)]))
        } catch {
            // The question again, with the answer: what was typed is not lost.
            let page = ConfirmationPage(rollout: rollout, action: action, problem: error, reason: reason)
            return .page(page.page(scene), scene, request, status: error.kind.status)
        }
    }

    private func allowed(
        _ verb: String, full: Bool, on rollout: RolloutView, _ scene: Scene
    ) throws(Problem) -> Action {
        guard scene.steers else {
            throw Problem(
                .forbidden, "Your role may look at rollouts, but not steer them.",
                hint: "Sign in with a token of the role operator or admin.")
        }
        let fitting = Action.available(for: rollout, serves: true).first { $0.verb == verb && $0.full == full }
        guard let action = fitting ?? Action.named(verb, full: full) else {
            throw Problem(.notFound, "A rollout cannot be told to \(verb).")
        }
        return action
    }
}
