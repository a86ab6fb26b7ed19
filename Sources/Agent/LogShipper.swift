import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Runtimes
import Specs
import Supervision
import Synchronization
import Values
import Wire

/// Sends the output of instances to the server when somebody asks for it.
final class LogShipper: Sendable {
    private static let mostLines = 10_000
    private static let mostAtOnce = 4

    private let client: ServerClient
    private let logs: LogFolder
    private let snapshot: Snapshot
    private let logger: Logger
    let cuts = LogCuts()

    init(client: ServerClient, logs: LogFolder, snapshot: Snapshot, logger: Logger) {
        self.client = client
        self.logs = logs
        self.snapshot = snapshot
        self.logger = logger
    }

    func run(_ requests: AsyncStream<LogRequest>) async {
        await withTaskGroup(of: Void.self) { group in
            var busy = 0
            for await request in requests {
                if busy == LogShipper.mostAtOnce {
                    await group.next()
                    busy -= 1
                }
                busy += 1
                group.addTask { await self.serve(request) }
            }
            group.cancelAll()
        }
    }

    private func serve(_ request: LogRequest) async {
        // The name becomes a path: nothing but a service's own folder is read, whoever asks.
        guard isValidName(request.service) else { return }
        let reader = LogReader(
            request: request, logs: logs, cuts: cuts, mostLines: LogShipper.mostLines, choose: { self.choose(request) })
        var upload = client.request(.POST, "/v1/agent/logs/\(request.id)")
        upload.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        upload.body = .stream(reader, length: .unknown)
        // Ends when everything is sent, or when nobody listens any more (410).
        let response = try? await client.http.execute(upload, timeout: .hours(6))
        reader.stop()
        logger.debug("log sent", metadata: ["status": "\(response?.status.code ?? 0)"])
    }

    private func choose(_ request: LogRequest) -> String? {
        let all = logs.instances(service: request.service)
        switch request.instance {
        case nil: return snapshot.machine(request.service)?.servingInstance?.id ?? all.last
        case "previous"?:
            let alive = Set(snapshot.machine(request.service)?.instances.map(\.id) ?? [])
            return all.last { !alive.contains($0) }
        case let id?: return all.contains(id) ? id : nil
        }
    }
}
