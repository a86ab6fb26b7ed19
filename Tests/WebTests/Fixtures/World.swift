import Rollouts
import Specs
import Values
import Verdicts
import Wire

/// An invented fleet with something of everything: a rollout that bakes, one that waits for a person, one that came back.
struct World: Sendable {
    var now: Timestamp
    var hosts: [HostView] = []
    var services: [ServiceView] = []
    var versions: [VersionView] = []
    var rollouts: [RolloutView] = []
    var history: [String: [HistoryEntry]] = [:]
    var decisions: [String: [Explanation.Decision]] = [:]
    var audit: [AuditEntry] = []
    var freezes: [FreezeSpec] = []

    static let noon = Timestamp(milliseconds: 1_763_900_000_000)

    var status: StatusView {
        StatusView(
            release: "0.1.0", startedAt: now - .hours(30), hosts: hosts.count,
            connectedHosts: hosts.count { $0.contact == .connected }, services: services.count,
            rolloutsInFlight: rollouts.count { !$0.phase.isFinal }, store: "sqlite", storeRevision: 4211, dev: true)
    }

    /// The whole fleet, with `hosts` hosts. `later` is the same a moment on, with the baking rollout paused.
    static func rich(hosts count: Int = 12, now: Timestamp = noon, later: Bool = false) -> World {
        var world = World(now: now)
        let names = hostNames(count)
        world.hosts = names.enumerated().map { host($1, place: $0, now: now) }
        world.rollouts = [
            baking(names, now, later: later), approval(names, now), queued(now), rolledBack(names, now),
            done(names, now),
        ]
        world.services = [
            service("storefront", "2.4.0", rollout: "r-7f3k2", queue: [], count, count - 1, now),
            service(
                "checkout-with-a-remarkably-long-service-name", "2025-11-20.1", rollout: "r-appr1", queue: ["r-queue"],
                count, count, now),
            service("search", "8.1.3", rollout: nil, queue: [], 4, 4, now),
        ]
        world.versions = ["2.5.0", "2.4.0", "2.3.9"].enumerated().map { version($1, age: $0, now) }
        world.history = histories(now, later: later)
        world.decisions = explanations(now)
        world.audit = auditTrail(now)
        world.freezes = [
            FreezeSpec(
                name: "black-friday", reason: "Peak trading weekend", from: now - .hours(2), until: now + .hours(46),
                services: ["search"])
        ]
        return world
    }

    static func hostNames(_ count: Int) -> [String] {
        let regions = ["eu", "us", "ap"]
        return (0..<count).map { "\(regions[$0 % 3])-web-\($0 / 3 < 9 ? "0" : "")\($0 / 3 + 1)" }
    }

    static func host(_ name: String, place: Int, now: Timestamp) -> HostView {
        let isUnknown = place == 8
        let isNew = place == 0 || place == 3 || place == 6
        var storefront = ServiceReport(
            service: "storefront", state: .running, version: isNew ? "2.5.0" : "2.4.0", ready: true,
            instances: [instance(now, cpu: 0.12 + Double(place % 5) * 0.07, mebibytes: 84 + Int64(place) * 3)],
            onDisk: ["2.4.0", "2.5.0"])
        if place == 4 {
            storefront.state = .failed
            storefront.failure = FailureReport(
                version: "2.5.0", attempt: 1, step: .ready, message: "GET /healthz answered 503 for 30s",
                at: now - .minutes(2))
        }
        if place == 7 {
            storefront.state = .downloading
            storefront.detail = "downloading 2.5.0, 35%"
        }
        let checkout = ServiceReport(
            service: "checkout-with-a-remarkably-long-service-name", state: .running, version: "2025-11-20.1",
            ready: true, instances: [instance(now, cpu: 0.03, mebibytes: 41)])
        return HostView(
            name: name, address: "127.0.1.\(place % 250 + 1)",
            labels: ["region": String(name.prefix(2)), "zone": ["a", "b"][place % 2], "ring": "\(place % 4)"],
            contact: isUnknown ? .unknown : .connected, lastSeen: isUnknown ? now - .minutes(7) : now - .seconds(1),
            joinedAt: now - .hours(700), release: "0.1.0", services: [storefront, checkout],
            load: HostLoad(
                cpus: 8, loadAverage: 0.4 + Double(place % 7) * 0.31, memoryTotal: 16 << 30, memoryAvailable: 9 << 30,
                diskAvailable: 120 << 30),
            warnings: place == 10 ? ["Control groups cannot be had: limits are not enforced."] : [])
    }

    static func instance(_ now: Timestamp, cpu: Double, mebibytes: Int64) -> InstanceReport {
        InstanceReport(
            id: "i-1", version: "2.4.0", pid: 4211, startedAt: now - .hours(3), ready: true, cpu: cpu,
            memory: mebibytes << 20)
    }

    static func service(
        _ name: String, _ version: String, rollout: String?, queue: [String], _ hosts: Int, _ ready: Int,
        _ now: Timestamp
    ) -> ServiceView {
        let run = RunSpec(
            command: ["./\(name)", "--port", "${PORT}"], listen: "${ADDRESS}:8000", handover: .socket,
            ready: ReadinessProbe(method: .http(path: "/healthz")), metrics: MetricsSource())
        let checks = [
            CheckSpec(
                name: "errors", kind: .ratio(bad: #"http_requests_total{code=~"5.."}"#, total: "http_requests_total")),
            CheckSpec(name: "queue-depth", kind: .guardrail(expression: "max(queue_depth) < 500"), dryRun: true),
        ]
        let plan = PlanSpec(waves: [
            WaveSpec(name: "one", hosts: .count(1), bake: .minutes(2)),
            WaveSpec(name: "few", hosts: .percent(25), bake: .minutes(10)),
            WaveSpec(name: "eu", select: LabelSelector(["region": ["eu"]]), bake: .minutes(10), gate: .approval),
            WaveSpec(name: "rest", bake: .minutes(5)),
        ])
        return ServiceView(
            spec: ServiceSpec(name: name, run: run, checks: checks, plan: plan), revision: 17,
            updatedAt: now - .hours(26),
            updatedBy: "maria", version: version, rollout: rollout, queue: queue,
            refused: name == "storefront" ? ["2.3.9": "errors: canary 5.2% of 1,204 bad, limit 0.7%"] : [:],
            hosts: hosts, readyHosts: ready)
    }

    static func version(_ name: String, age: Int, _ now: Timestamp) -> VersionView {
        VersionView(
            service: "storefront", version: name,
            artefact: ArtefactReference(
                digest: "sha256:\(String(repeating: "9f86d08\(age)", count: 8))", size: 20_971_520 + Int64(age) * 4096),
            run: RunSpec(command: ["./storefront"]), forwardOnly: false, createdAt: now - .hours(Int64(age) * 40 + 1),
            createdBy: "ci")
    }
}
