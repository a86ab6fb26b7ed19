import HTTPTypes
import HummingbirdCore
import Ports
import Wire

/// What the server says about itself.
let ownRoutes: [Route] = [
    Route(.get, "/healthz", .open, "Says that the process answers.", answer: .text) { _ in .text("ok\n") },
    Route(.get, "/readyz", .open, "Says whether the server can work; 503 with the reason when not.", answer: .text) {
        call in
        guard let reason = await call.surface.unreadiness() else { return .text("ready\n") }
        return .text("\(reason)\n", status: .serviceUnavailable)
    },
    Route(.get, "/metrics", .viewer, "Shows the server's own metrics.", answer: .text) { call in
        let format = MetricsText.Format(accept: call.request.headers[.accept])
        var response = Response.text(
            MetricsText.render(
                format, counters: call.parts.counters, figures: await call.surface.figures(),
                metrics: call.parts.metrics?.condition()))
        response.headers[.contentType] = format.contentType
        return response
    },
    Route(.get, "/v1/openapi.json", .viewer, "Describes the API.", answer: .document) { _ in
        .json(OpenAPIDocument.make(apiRoutes()))
    },
    Route(
        .get, "/v1/backup", .admin, "Gives a copy of the store as of one moment; X-Halcyon-Digest is its SHA-256.",
        answer: .bytes, handle: giveBackup),
    Route(.get, "/v1/status", .viewer, "Shows the server's state.", answer: .json("StatusView")) {
        var status = try await $0.surface.status()
        status.metrics = $0.parts.metrics.map { MetricsStatus($0.condition()) }
        return .json(status)
    },
]

extension MetricsStatus {
    init(_ condition: MetricsCondition) {
        self.init(
            problem: condition.problem, series: condition.series, blocks: condition.blocks,
            blockBytes: condition.blockBytes, lastNotice: condition.notices.last, backend: condition.backend?.address,
            backendProblem: condition.backend?.problem,
            deliveries: condition.deliveries.isEmpty
                ? nil
                : condition.deliveries.map {
                    Delivery(
                        destination: $0.destination, pending: $0.queue.pending, dropped: $0.queue.dropped,
                        refused: $0.refused, problem: $0.problem)
                })
    }
}
