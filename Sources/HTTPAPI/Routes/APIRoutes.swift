import HTTPTypes
import HummingbirdCore
import Ports
import Rollouts
import Wire

/// All routes of the API. The OpenAPI document is made from the same table.
func apiRoutes() -> [Route] {
    ownRoutes + documentRoutes + fleetRoutes + deliveryRoutes + rolloutRoutes + accessRoutes + noticeRoutes
        + agentRoutes + flagRoutes
}

private let documentRoutes: [Route] = [
    Route(.post, "/v1/apply", .operator, "Applies documents.", body: .json(.apply), answer: .json("ApplyAnswer")) {
        .json(try await $0.surface.apply($0.body(ApplyRequest.self), by: $0.by))
    },
    Route(.get, "/v1/services", .viewer, "Lists the services.", answer: .list("ServiceView")) {
        .list(try await $0.surface.services())
    },
    Route(.get, "/v1/services/{name}", .viewer, "Shows a service.", answer: .json("ServiceView")) {
        .json(try await $0.surface.service($0.name("name")))
    },
    Route(.delete, "/v1/services/{name}", .operator, "Deletes a service.", answer: .nothing) {
        try await $0.delete("service")
    },
    Route(
        .get, "/v1/plans", .viewer, "Lists the plans that have a document of their own.", answer: .list("NamedPlanSpec")
    ) {
        .list(try await $0.surface.plans())
    },
    Route(.delete, "/v1/plans/{name}", .operator, "Deletes a plan.", answer: .nothing) {
        try await $0.delete("plan")
    },
    Route(.get, "/v1/freezes", .viewer, "Lists the freezes.", answer: .list("FreezeSpec")) {
        .list(try await $0.surface.freezes())
    },
    Route(.delete, "/v1/freezes/{name}", .operator, "Deletes a freeze.", answer: .nothing) {
        try await $0.delete("freeze")
    },
    Route(.get, "/v1/receivers", .viewer, "Lists the receivers, paths masked.", answer: .list("ReceiverSpec")) {
        .list(try await $0.surface.receivers().map(\.masked))
    },
    Route(.delete, "/v1/receivers/{name}", .operator, "Deletes a receiver.", answer: .nothing) {
        try await $0.delete("receiver")
    },
]

private let fleetRoutes: [Route] = [
    Route(.get, "/v1/hosts", .viewer, "Lists the hosts.", answer: .list("HostView")) {
        .list(try await $0.surface.hosts())
    },
    Route(.get, "/v1/hosts/{name}", .viewer, "Shows a host.", answer: .json("HostView")) {
        .json(try await $0.surface.host($0.name("name")))
    },
    Route(.delete, "/v1/hosts/{name}", .admin, "Takes a host out of the fleet.", answer: .nothing) {
        try await $0.delete("host")
    },
    Route(
        .post, "/v1/hosts/{name}/revoke", .admin, "Shuts a host's agent out until the host is admitted again.",
        answer: .nothing
    ) {
        try await $0.surface.revoke(host: $0.name("name"), by: $0.by)
        return .nothing
    },
    Route(
        .post, "/v1/hosts/{name}/admit", .admin, "Lets an agent join by the name of a revoked host again.",
        answer: .nothing
    ) {
        try await $0.surface.admit(host: $0.name("name"), by: $0.by)
        return .nothing
    },
    Route(
        .get, "/v1/hosts/{host}/services/{service}/logs", .viewer, "Streams a service's output from a host.",
        query: [
            .number("lines", 0...100_000, "how many of the last lines first; 100 unless told"),
            .flag("follow", "go on as lines come"),
            .text("instance", "an instance's identifier, or 'previous'; without one, the one that serves"),
        ], answer: .text, handle: followLogs),
]

private let deliveryRoutes: [Route] = [
    Route(
        .get, "/v1/versions", .viewer, "Lists a service's versions.",
        query: [.text("service", required: true, "the service's name")], answer: .list("VersionView")
    ) {
        .list(try await $0.surface.versions(service: $0.text("service") ?? ""))
    },
    Route(.delete, "/v1/versions/{service}/{version}", .operator, "Deletes a version.", answer: .nothing) {
        try await $0.surface.delete(kind: "version", name: "\($0.name("service"))/\($0.name("version"))", by: $0.by)
        return .nothing
    },
    Route(
        .put, "/v1/artefacts", .operator, "Takes an artefact; X-Halcyon-Digest says what it must be.", body: .bytes,
        answer: .json("UploadAnswer"), handle: uploadArtefact),
    Route(
        .get, "/v1/artefacts/{digest}", .roles([.viewer, .agent]), "Gives an artefact; one byte range is possible.",
        answer: .bytes, handle: downloadArtefact),
    Route(.post, "/v1/deploy", .operator, "Deploys a version.", body: .json(.deploy), answer: .json("DeployAnswer")) {
        .json(try await $0.surface.deploy($0.body(DeployRequest.self), by: $0.by))
    },
]

private let accessRoutes: [Route] = [
    Route(.get, "/v1/tokens", .admin, "Lists the tokens, without their secrets.", answer: .list("TokenView")) {
        .list(try await $0.surface.tokens())
    },
    Route(
        .post, "/v1/tokens", .admin, "Makes a token; its secret is shown this once.", body: .json(.token),
        answer: .json("TokenGrant")
    ) {
        .json(try await $0.surface.createToken($0.body(TokenRequest.self), by: $0.by))
    },
    Route(.delete, "/v1/tokens/{name}", .admin, "Revokes a token.", answer: .nothing) {
        try await $0.surface.revokeToken($0.name("name"), by: $0.by)
        return .nothing
    },
    Route(
        .get, "/v1/audit", .viewer, "Lists who did what, newest first.",
        query: [
            .number("before", 1...Int64.max, "only entries with a lower sequence number"), .limit,
        ], answer: .list("AuditEntry")
    ) {
        .list(try await $0.surface.audit(before: $0.number("before"), limit: $0.count("limit", default: 100)))
    },
]

private let noticeRoutes: [Route] = [
    Route(
        .post, "/v1/receivers/{name}/test", .operator, "Sends a test notification.", answer: .json("DeliveryView")
    ) {
        .json(try await $0.surface.testReceiver($0.name("name"), by: $0.by))
    },
    Route(
        .get, "/v1/deliveries", .viewer, "Lists notifications and what became of them, newest first.",
        query: [.text("receiver", "the receiver's name"), .limit], answer: .list("DeliveryView")
    ) {
        .list(try await $0.surface.deliveries(receiver: $0.text("receiver"), limit: $0.count("limit", default: 100)))
    },
]

extension QueryField {
    static let limit = QueryField.number("limit", 1...1000, "how many at most")
}

extension Call {
    fileprivate func delete(_ kind: String) async throws -> Response {
        try await surface.delete(kind: kind, name: name("name"), by: by)
        return .nothing
    }
}
