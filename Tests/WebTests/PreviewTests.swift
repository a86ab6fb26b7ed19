import Foundation
import Ports
import Testing
import Values
import Wire

@testable import Web

/// Writes every page of the invented fleet into the folder that `HALCYON_PAGE_PREVIEW` names, for `Tests/Browser/preview.py`.
@Suite struct PreviewTests {
    @Test(
        "the pages of an invented fleet are written for a browser",
        .enabled(if: ProcessInfo.processInfo.environment["HALCYON_PAGE_PREVIEW"] != nil))
    func write() async throws {
        let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["HALCYON_PAGE_PREVIEW"] ?? "")
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var written: [Written] = []
        for stage in ["now", "later"] {
            for crowd in [12, 400] {
                let site = Site(
                    surface: FakeSurface(.rich(hosts: crowd, now: now, later: stage == "later")),
                    flags: FakeFlags(now: now)
                ) { now }
                for var request in requests where crowd == 12 || request.path != "/login" {
                    request.metrics = HeldQuestions.storefront(until: now)
                    let answer = await site.respond(to: request)
                    let name = "\(written.count).html"
                    try Data(answer.body).write(to: folder.appendingPathComponent(name))
                    written.append(
                        Written(
                            stage: stage, crowd: crowd, path: request.path, query: request.query, status: answer.status,
                            headers: Dictionary(answer.headers) { first, _ in first }, file: name))
                }
            }
        }
        let encoder = JSONEncoder()
        try encoder.encode(written).write(to: folder.appendingPathComponent("pages.json"))
    }

    private struct Written: Codable {
        var stage: String
        var crowd: Int
        var path: String
        var query: [String: String]
        var status: Int
        var headers: [String: String]
        var file: String
    }

    private var requests: [PageRequest] {
        let pages: [(String, [String: String])] = [
            ("/", [:]), ("/fleet", [:]), ("/fleet", ["q": "ap-web-01"]), ("/rollouts", [:]), ("/rollouts/r-7f3k2", [:]),
            ("/rollouts/r-7f3k2", ["done": "pause"]), ("/rollouts/r-7f3k2", ["done": "resume"]),
            ("/rollouts/r-appr1", [:]), ("/rollouts/r-bad39", [:]), ("/rollouts/r-queue", [:]),
            ("/rollouts/r-ok240", [:]),
            ("/rollouts/r-7f3k2/pause", [:]), ("/rollouts/r-7f3k2/resume", [:]), ("/rollouts/r-7f3k2/rollback", [:]),
            ("/rollouts/r-7f3k2/promote", ["full": "true"]), ("/rollouts/r-appr1/approve", [:]),
            ("/services/storefront", [:]), ("/services/checkout-with-a-remarkably-long-service-name", [:]),
            ("/flags", [:]), ("/flags/production", [:]), ("/flags/production", ["show": "segments"]),
            ("/flags/production", ["show": "stale"]), ("/flags/production", ["show": "changes"]),
            ("/flags/production/new-checkout", [:]), ("/flags/production/button-colour", [:]),
            ("/flags/production/payments-v2", [:]), ("/flags/production/new-checkout", ["do": "off"]),
            ("/flags/production/new-checkout", ["context": "{}"]),
            ("/flags/production/a/b%c <b>", [:]), ("/flags/production/a/b%c <b>", ["do": "off"]),
            ("/flags/production/a/b%c <b>", ["context": "{}"]),
            ("/explore", [:]),
            ("/explore", ["e": "sum by (version) (rate(http_requests_total[1m]))", "range": "15m"]),
            ("/explore", ["e": "sum(rate(http_requests_total[1m]))", "split": "cohort", "range": "15m"]),
            ("/explore", ["e": "sum(", "e2": "queue_depth"]), ("/explore", ["e": "queue_depth", "view": "table"]),
            ("/audit", [:]), ("/login", [:]), ("/login", ["error": "unknown"]),
            ("/nowhere", [:]),
        ]
        let files = EmbeddedAssets.files.keys.map { (Assets.link($0).text, [String: String]()) }
        let person = Principal(name: "dev", role: .admin)
        return (pages + files).flatMap { path, query in
            [query, query.merging(["fragment": "main"]) { old, _ in old }].map { query in
                PageRequest(
                    method: "GET", path: path, query: query, principal: path == "/login" ? nil : person,
                    dev: path != "/login")
            }
        }
    }
}
