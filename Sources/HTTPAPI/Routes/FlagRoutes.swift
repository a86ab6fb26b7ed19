import FlagSpecs
import HTTPTypes
import HummingbirdCore
import Ports
import Values
import Wire

/// Managing flags.
let flagRoutes: [Route] = environmentRoutes + oneFlagRoutes + proposalRoutes + sdkRoutes

private let environmentRoutes: [Route] = [
    Route(.get, "/v1/environments", .viewer, "Lists the environments.", answer: .list("EnvironmentView")) {
        .list(try await $0.flags.environments())
    },
    Route(
        .get, "/v1/environments/{environment}", .viewer, "Shows an environment.", answer: .json("EnvironmentView")
    ) {
        .json(try await $0.flags.environment($0.environment))
    },
    Route(
        .delete, "/v1/environments/{environment}", .admin, "Deletes an environment without flags.", answer: .nothing
    ) {
        try await $0.flags.deleteEnvironment($0.environment, by: $0.by)
        return .nothing
    },
    Route(
        .get, "/v1/environments/{environment}/flags", .viewer, "Lists flags.",
        query: [
            .text("search", "a part of the key, the description, the owner or a tag"),
            .text("tag", "only with this tag"),
            .text("owner", "only this owner's"), .flag("archived", "archived flags too"),
            .number("limit", 1...100_000, "at most so many, in the order of their keys; all without it"),
            .text("after", "only flags after this key: the last one of the page before"),
            .flag("brief", "without the flags' documents and what is served of them"),
        ], answer: .list("FlagView")
    ) {
        .list(
            try await $0.flags.flags(
                environment: $0.environment,
                query: FlagQuery(
                    search: $0.text("search"), tag: $0.text("tag"), owner: $0.text("owner"),
                    archived: $0.flag("archived") ?? false, limit: $0.number("limit").map { Int(clamping: $0) },
                    after: $0.text("after"), brief: $0.flag("brief") ?? false)))
    },
    Route(
        .get, "/v1/environments/{environment}/history", .viewer, "Lists what was changed, newest first.",
        query: historyQuery, answer: .list("FlagEventView")
    ) {
        .list(
            try await $0.flags.history(
                environment: $0.environment, flag: nil, before: $0.number("before"),
                limit: $0.count("limit", default: 100)))
    },
    Route(
        .get, "/v1/environments/{environment}/export", .viewer, "Gives all flags as one flag file.",
        query: [.flag("plain", "only what flagd knows: what is served")], answer: .document
    ) {
        let export = try await $0.flags.export(environment: $0.environment, plain: $0.flag("plain") ?? false)
        var response = Response.text(export.document)
        response.headers[.contentType] = "application/json"
        return response
    },
    Route(
        .post, "/v1/environments/{environment}/import", .operator, "Takes flags from another system's export.",
        body: .json(.flagImport), answer: .json("FlagTransferAnswer")
    ) {
        .json(
            try await $0.flags.importFlags(
                environment: $0.environment, $0.body(FlagImportRequest.self), by: $0.by))
    },
    Route(
        .post, "/v1/environments/{environment}/copy", .operator, "Brings flags from another environment.",
        body: .json(.flagCopy), answer: .json("FlagTransferAnswer")
    ) {
        .json(try await $0.flags.copy(to: $0.environment, $0.body(FlagCopyRequest.self), by: $0.by))
    },
    Route(
        .get, "/v1/environments/{environment}/usage", .viewer, "Says how often flags were evaluated.",
        query: [.text("flag", "only of this flag")], answer: .list("FlagUsageView")
    ) {
        .list(try await $0.flags.usage(environment: $0.environment, flag: $0.text("flag")))
    },
    Route(
        .get, "/v1/environments/{environment}/stale", .viewer, "Lists flags that have probably done their work.",
        query: [.text("unchanged", "for how long nothing happened; 30d unless told")], answer: .list("StaleFlagView")
    ) {
        let text = $0.text("unchanged") ?? "30d"
        guard let period = Period(text), period > .zero else {
            throw Problem(.invalid, "'\(text)' is not a duration", hint: "for example unchanged=30d")
        }
        return .list(try await $0.flags.stale(environment: $0.environment, unchangedFor: period))
    },
    Route(
        .get, "/v1/environments/{environment}/segments", .viewer, "Lists the segments.", answer: .list("SegmentView")
    ) {
        .list(try await $0.flags.segments(environment: $0.environment))
    },
    Route(
        .delete, "/v1/environments/{environment}/segments/{name}", .operator, "Deletes a segment.", answer: .nothing
    ) {
        try await $0.flags.deleteSegment($0.name("name"), environment: $0.environment, by: $0.by)
        return .nothing
    },
    Route(
        .get, "/v1/environments/{environment}/holdouts", .viewer, "Lists the holdouts.", answer: .list("HoldoutView")
    ) {
        .list(try await $0.flags.holdouts(environment: $0.environment))
    },
    Route(
        .delete, "/v1/environments/{environment}/holdouts/{name}", .operator, "Deletes a holdout.", answer: .nothing
    ) {
        try await $0.flags.deleteHoldout($0.name("name"), environment: $0.environment, by: $0.by)
        return .nothing
    },
]

private let historyQuery: [QueryField] = [
    .number("before", 1...Int64.max, "only events with a lower sequence number"), .limit,
]

private let oneFlagRoutes: [Route] = [
    Route(
        .get, "/v1/environments/{environment}/flags/{key}", .viewer, "Shows a flag.", answer: .json("FlagView")
    ) {
        .json(try await $0.flags.flag($0.key, environment: $0.environment))
    },
    Route(
        .post, "/v1/environments/{environment}/flags/{key}", .operator, "Makes, edits or deletes a flag.",
        body: .json(.flagChange), answer: .json("FlagChangeAnswer")
    ) {
        .json(
            try await $0.flags.change(
                flag: $0.key, environment: $0.environment, $0.body(FlagChangeRequest.self), by: $0.by))
    },
    Route(
        .post, "/v1/environments/{environment}/flags/{key}/revert", .operator, "Returns a flag to an earlier state.",
        body: .json(.flagRevert), answer: .json("FlagChangeAnswer")
    ) {
        .json(
            try await $0.flags.revert(
                flag: $0.key, environment: $0.environment, $0.body(FlagRevertRequest.self), by: $0.by))
    },
    Route(
        .post, "/v1/environments/{environment}/flags/{key}/rollout", .operator,
        "Brings a variant to all targeting keys, wave by wave.", body: .json(.flagRollout),
        answer: .json("DeployAnswer")
    ) {
        .json(
            try await $0.surface.rollOut(
                flag: $0.key, environment: $0.environment, $0.body(FlagRolloutRequest.self), by: $0.by))
    },
    Route(
        .get, "/v1/environments/{environment}/flags/{key}/history", .viewer, "Lists a flag's changes, newest first.",
        query: historyQuery, answer: .list("FlagEventView")
    ) {
        .list(
            try await $0.flags.history(
                environment: $0.environment, flag: $0.key, before: $0.number("before"),
                limit: $0.count("limit", default: 100)))
    },
    Route(
        .post, "/v1/environments/{environment}/flags/{key}/evaluate", .viewer, "Evaluates a flag and explains why.",
        body: .json(.flagEvaluation), answer: .json("FlagEvaluationView")
    ) {
        .json(
            try await $0.flags.evaluate(
                flag: $0.key, environment: $0.environment, $0.body(FlagEvaluationRequest.self)))
    },
]

private let proposalRoutes: [Route] = [
    Route(
        .get, "/v1/proposals", .viewer, "Lists changes that wait for another person, newest first.",
        query: [.text("environment", "only this environment's"), .flag("open", "only those that still wait")],
        answer: .list("ProposalView")
    ) {
        .list(try await $0.flags.proposals(environment: $0.text("environment"), open: $0.flag("open") ?? false))
    },
    Route(.get, "/v1/proposals/{id}", .viewer, "Shows a proposal.", answer: .json("ProposalView")) {
        .json(try await $0.flags.proposal($0.name("id")))
    },
    Route(
        .post, "/v1/proposals/{id}/approve", .operator, "Makes a proposed change; never one's own.",
        body: .json(.decision), answer: .json("ProposalView")
    ) {
        let request = try await $0.body(DecisionRequest.self)
        return .json(try await $0.flags.approve(proposal: $0.name("id"), reason: request.reason, by: $0.by))
    },
    Route(
        .post, "/v1/proposals/{id}/reject", .operator, "Turns a proposal down.", body: .json(.decision),
        answer: .json("ProposalView")
    ) {
        let request = try await $0.body(DecisionRequest.self)
        return .json(try await $0.flags.reject(proposal: $0.name("id"), reason: request.reason, by: $0.by))
    },
]

private let sdkRoutes: [Route] = [
    hot(
        .sdkFlags, "Streams an environment's whole set: at once, and after every change.",
        query: [.text("environment", "which one; a token of the role sdk names its own")], answer: .events),
    Route(
        .post, "/v1/sdk/usage", .roles([.operator, .sdk]), "Takes what an SDK has evaluated by itself.",
        query: [.text("environment", "which one; a token of the role sdk names its own")], body: .json(.sdkUsage),
        answer: .nothing
    ) {
        let report = try await $0.body(SDKUsageReport.self)
        try await $0.flags.report(environment: $0.sdkEnvironment, report)
        return .nothing
    },
]

extension Call {
    fileprivate var environment: String { name("environment") }
    fileprivate var key: String { name("key") }

    /// The environment that the token opens, or that a person chose.
    fileprivate var sdkEnvironment: String {
        get throws(Problem) {
            let wanted = text("environment")
            guard let principal, principal.role == .sdk else { return wanted ?? "production" }
            let own = principal.environment ?? "production"
            if let wanted, wanted != own {
                throw Problem(.forbidden, "this token opens the environment \(own), not \(wanted)")
            }
            return own
        }
    }

    var flags: any FlagControl {
        get throws(Problem) {
            guard let flags = parts.flags else { throw Problem(.unavailable, "this server has no flags") }
            return flags
        }
    }
}
