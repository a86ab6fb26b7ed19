import HTTPTypes
import HummingbirdCore
import Ports
import Rollouts
import Wire

let rolloutRoutes: [Route] =
    [
        Route(
            .get, "/v1/rollouts", .viewer, "Lists rollouts, newest first.",
            query: [
                .text("service", "only this service's"),
                .flag("active", "only those in flight, or only those that ended"),
                .limit,
            ], answer: .list("RolloutView")
        ) {
            .list(
                try await $0.surface.rollouts(
                    service: $0.text("service"), active: $0.flag("active"), limit: $0.count("limit", default: 50)))
        },
        Route(
            .get, "/v1/rollouts/{id}", .viewer, "Shows a rollout, or a service's newest one.",
            answer: .json("RolloutView")
        ) {
            .json(try await $0.surface.rollout($0.name("id")))
        },
        Route(
            .get, "/v1/rollouts/{id}/history", .viewer, "Lists a rollout's events, oldest first.",
            query: [.number("after", 0...Int64(Int32.max), "only events with a higher sequence number"), .limit],
            answer: .list("HistoryEntry")
        ) {
            .list(
                try await $0.surface.history(
                    rollout: $0.name("id"), after: $0.count("after", default: 0),
                    limit: $0.count("limit", default: 1000)))
        },
        Route(
            .get, "/v1/rollouts/{id}/explain", .viewer, "Says why each decision was taken.",
            answer: .json("Explanation")
        ) {
            .json(try await $0.surface.explain(rollout: $0.name("id")))
        },
        Route(
            .post, "/v1/rollouts/{id}/retry", .operator, "Deploys the same version again.", body: .json(.command),
            answer: .json("DeployAnswer")
        ) {
            let request = try await $0.command()
            return .json(try await $0.surface.retry(rollout: $0.name("id"), reason: request.reason, by: $0.by))
        },
    ]
    + [
        commandRoute("Stops the rollout from moving on.") { _ in .pause },
        commandRoute("Lets a paused rollout move on.") { _ in .resume },
        commandRoute("Skips the rest of the wave's waiting.") { .promote(full: $0.full) },
        commandRoute("Opens the wave's approval gate.") { _ in .approve },
        commandRoute("Ends the rollout and goes back; the version may be deployed again.") { _ in .abort },
        commandRoute("Goes back; the version is refused until somebody forces it.") { _ in .rollback },
    ]

/// The route of a command, named after it.
private func commandRoute(_ summary: String, _ make: @escaping @Sendable (CommandRequest) -> RolloutCommand) -> Route {
    Route(
        .post, "/v1/rollouts/{id}/\(make(CommandRequest()).name)", .operator, summary, body: .json(.command),
        answer: .json("RolloutView")
    ) {
        let request = try await $0.command()
        return .json(
            try await $0.surface.command(make(request), rollout: $0.name("id"), reason: request.reason, by: $0.by))
    }
}

extension Call {
    /// A command may come without a body.
    fileprivate func command() async throws -> CommandRequest {
        let bytes = try await request.collectBody(limit: Limits.jsonBytes)
        return bytes.isEmpty ? CommandRequest() : try BodyForm.command.decode(CommandRequest.self, from: bytes)
    }
}
