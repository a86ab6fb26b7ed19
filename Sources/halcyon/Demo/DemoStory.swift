import Foundation
import LoadGenerator
import Rollouts
import Values
import Wire

/// What happens in the demo, in its order.
struct DemoStory: Sendable {
    let stage: DemoStage
    let rate: Double
    let keep: Bool
    private let began = ContinuousClock.now

    init(stage: DemoStage, rate: Double, keep: Bool) {
        self.stage = stage
        self.rate = rate
        self.keep = keep
    }

    func tell() async -> Result<Void, Problem> {
        do {
            try await play()
            return .success(())
        } catch let problem as Problem {
            return .failure(problem)
        } catch is CancellationError {
            return .failure(Problem(.unavailable, "the demo was interrupted"))
        } catch {
            return .failure(Problem(.unavailable, "the demo cannot go on: \(error)"))
        }
    }

    private func play() async throws {
        try await startFleet()
        try await packVersions()
        chapter("The first version goes to every host")
        try await deploy("v1", expects: 0)
        let load = try makeLoad()
        let report = try await withThrowingTaskGroup(of: LoadReport?.self) { group in
            group.addTask { await load.run() }
            group.addTask {
                try await changeVersions()
                return nil
            }
            // The story ends first; then the load is told to stop, and reports.
            var report: LoadReport?
            while let next = try await group.next() {
                if let next { report = next } else { group.cancelAll() }
            }
            return report
        }
        try await finish(report ?? load.snapshot())
    }

    private func changeVersions() async throws {
        say(
            "A steady load of \(Int(rate * Double(DemoStage.hosts.count))) requests a second runs against all twelve hosts."
        )
        chapter("A good version goes out: its waves end as soon as the evidence says that it is good")
        try await deploy("v2", expects: 0)
        try await switchFlag()
        chapter("A bad version goes out: 5 % of its answers are errors")
        try await deploy("v3", expects: 1)
        chapter("Another one: nothing fails, but one answer of eight is slow")
        try await deploy("v4", expects: 1)
        try await rollOutFlag()
        // What the last host still answers with belongs to the count.
        try await Task.sleep(for: .seconds(2))
    }

    /// Not a deployment: the same version answers otherwise, on every host at once.
    private func switchFlag() async throws {
        chapter("A feature flag is switched on for everybody, while they serve")
        let outcome = try await DemoFlag(stage: stage).switchOn()
        say("All \(outcome.hosts) hosts show the new checkout, \(outcome.took) after the command was given.")
        guard outcome.took < .seconds(1) else {
            throw Problem(
                .refused, "the flag took \(outcome.took) to reach every host; it should take less than a second")
        }
    }

    /// The new code has been on every host for long, behind a flag: and it is broken.
    private func rollOutFlag() async throws {
        chapter("A bad flag: half of the pages fail for those who have it. It goes to one customer of ten first")
        let (code, _) = try await stage.perform(
            nil, ["flag", "rollout", DemoFlag.broken, "--to", "on", "--plan", "customers", "--watch"], shown: true)
        guard code == 1 else {
            throw Problem(.refused, "the rollout of the flag \(DemoFlag.broken) ended with \(code), not with 1")
        }
    }

    private func makeLoad() throws -> LoadGenerator {
        try LoadGenerator(targets: DemoStage.hosts.map { "\($0.address):8000" }, rate: rate)
    }

    private func finish(_ load: LoadReport) async throws {
        let elapsed = Period(milliseconds: Int64((ContinuousClock.now - began) / .milliseconds(1)))
        let summary = try await DemoSummary(stage: stage, load: load, elapsed: elapsed)
        chapter("What happened")
        for line in summary.lines { say(line) }
        if keep {
            say("")
            say("Everything is left running: the page is at \(stage.server)/ — Ctrl-C ends it.")
            say("Try: HALCYON_SERVER=\(stage.server) \(stage.program) rollout explain storefront")
            // Until Ctrl-C; a fleet without users has nothing to show.
            _ = await (try makeLoad()).run()
        }
        if let problem = summary.problem { throw Problem(.refused, "the demo did not go as it should: \(problem)") }
    }

    // MARK: Steps

    private func startFleet() async throws {
        chapter("A control plane and twelve agents in three regions")
        try stage.start(
            "server",
            [
                "server", "--dev", "--data", "\(stage.folder)/server", "--listen", String(stage.server.dropFirst(7)),
                "--flagd", "off", "--flagd-sync", "off",
            ])
        try await wait("the server to answer") { (try? await stage.get("/v1/status") as StatusView) != nil }
        for host in DemoStage.hosts {
            try stage.start(
                host.name,
                [
                    "agent", "--server", stage.server, "--name", host.name, "--address", host.address, "--label",
                    "region=\(host.region)", "--data", "\(stage.folder)/\(host.name)",
                ])
        }
        try await wait("twelve agents to join") {
            let status: StatusView? = try? await stage.get("/v1/status")
            return status?.connectedHosts == DemoStage.hosts.count
        }
        say("Twelve hosts are connected; the page is at \(stage.server)/")
        let file = "\(stage.folder)/storefront.yaml"
        try document.write(toFile: file, atomically: true, encoding: .utf8)
        try await require(["apply", "-f", file])
        for (key, purpose) in [(DemoFlag.key, "Pay with one click"), (DemoFlag.broken, "What others bought")] {
            try await require(
                ["flag", "set", key, "--boolean", "--on", "--description", purpose, "--owner", "shop"])
        }
    }

    private func packVersions() async throws {
        let versions = [
            "v1": "", "v2": "recommendation_failure_share=0.5\n", "v3": "error_rate=0.05\n",
            "v4": "slow_share=0.12\nslow_ms=250\n",
        ]
        for (version, behaviour) in versions.sorted(by: { $0.key < $1.key }) {
            let folder = "\(stage.folder)/\(version)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: stage.storefront, toPath: "\(folder)/storefront")
            let text = "version=\(version)\nlatency_ms=20\n\(behaviour)"
            try text.write(toFile: "\(folder)/behaviour.conf", atomically: true, encoding: .utf8)
            let (code, _) = try await stage.perform(
                "/usr/bin/env",
                ["tar", "-czf", "\(folder).tar.gz", "-C", folder, "storefront", "behaviour.conf"])
            guard code == 0 else { throw Problem(.unavailable, "tar cannot pack \(version)") }
        }
    }

    private func deploy(_ version: String, expects: Int32) async throws {
        let (code, _) = try await stage.perform(
            nil,
            [
                "deploy", "storefront", "--artifact", "\(stage.folder)/\(version).tar.gz", "--version", version,
                "--watch",
            ],
            shown: true)
        guard code == expects else {
            throw Problem(.refused, "the deployment of \(version) ended with \(code), not with \(expects)")
        }
    }

    private func require(_ arguments: [String]) async throws {
        let (code, _) = try await stage.perform(nil, arguments, shown: true)
        guard code == 0 else { throw Problem(.refused, "halcyon \(arguments.joined(separator: " ")) failed") }
    }

    private func wait(_ what: String, until isSo: () async -> Bool) async throws {
        for _ in 0..<300 {
            if await isSo() { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw Problem(.unavailable, "a minute was not enough for \(what); see the logs in \(stage.folder)")
    }

    private func chapter(_ title: String) {
        say("")
        say("── \(title)")
    }

    private var document: String {
        """
        kind: Service
        name: storefront
        run:
          command: ["./storefront"]
          environment: { HALCYON_SERVER: "\(stage.server)" }
          listen: "${ADDRESS}:8000"
          handover: socket
          ready: { notify: true, within: 10s }
          drain: 5s
          metrics: { path: /metrics, every: 1s }
        checks:
          - name: errors
            ratio: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' }
            tolerate: { relative: 1.25, absolute: 1% }
            warmUp: 1s
          - name: latency
            latency: { histogram: http_request_duration_seconds }
            tolerate: { relative: 1.5 }
            warmUp: 1s
        plan:
          control: restart
          waves:
            - { name: few, hosts: 3, bake: { atLeast: 3s, atMost: 2m }, maxUnavailable: 3 }
            - { name: half, hosts: 50%, bake: { atLeast: 3s, atMost: 2m }, maxUnavailable: 3 }
            - { name: rest, hosts: 100%, bake: { atLeast: 3s, atMost: 2m }, maxUnavailable: 3 }
          watch: 5m
          rollback: { to: previous, maxUnavailable: 100% }
        ---
        kind: Plan
        name: customers
        waves:
          - { name: tenth, hosts: 10%, bake: { atLeast: 3s, atMost: 2m } }
          - { name: half, hosts: 50%, bake: { atLeast: 3s, atMost: 2m } }
          - { name: rest, hosts: 100%, bake: { atLeast: 3s, atMost: 2m } }
        watch: 5m
        """
    }
}
