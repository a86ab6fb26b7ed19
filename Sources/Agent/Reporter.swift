import FoundationEssentials
import Runtimes
import Supervision
import Synchronization
import Values
import Wire

/// Tells the server how things are: soon after a change, and as a heartbeat.
final class Reporter: Sendable {
    /// Changes within this time travel in one report.
    private static let coalesce = Period.milliseconds(100)
    private static let usageMaximumAge = Period.seconds(2)

    private let client: ServerClient
    private let runtime: ExecRuntime
    private let snapshot: Snapshot
    private let dataFolder: String
    private let usage = Mutex<[String: (at: Period, details: InstanceDetails)]>([:])

    init(client: ServerClient, runtime: ExecRuntime, snapshot: Snapshot, dataFolder: String) {
        self.client = client
        self.runtime = runtime
        self.snapshot = snapshot
        self.dataFolder = dataFolder
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [snapshot] in
                while !Task.isCancelled {
                    await pause(.milliseconds(snapshot.heartbeat))
                    snapshot.wantReport()
                }
            }
            group.addTask { await self.send() }
        }
    }

    private func send() async {
        for await _ in snapshot.changes {
            await pause(Reporter.coalesce)
            if Task.isCancelled { return }
            // A report that does not arrive is not missed: the next heartbeat tells everything again.
            _ = try? await client.post("/v1/agent/report", json: report())
        }
    }

    func report() -> HostReport {
        let host = snapshot.host
        let details = instanceDetails(host)
        let services = host.services.values.map { $0.report(details) }.sorted { $0.service < $1.service }
        return HostReport(
            epoch: host.epoch, generation: host.generation, services: services, boot: ProcessFiles.bootIdentifier,
            load: HostFacts.load(dataFolder: dataFolder), warnings: runtime.warnings + snapshot.warnings)
    }

    /// Looks into `/proc` at most every two seconds for an instance, however many reports there are.
    private func instanceDetails(_ host: HostMachine) -> [String: InstanceDetails] {
        let now = monotonicTime()
        let ids = host.services.values.flatMap { $0.instances.map(\.id) }
        return usage.withLock { usage in
            usage = usage.filter { ids.contains($0.key) }
            for id in ids {
                if let known = usage[id], now - known.at < Reporter.usageMaximumAge { continue }
                if let running = runtime.running(id) { usage[id] = (now, running.usage()) }
            }
            return usage.mapValues(\.details)
        }
    }
}
