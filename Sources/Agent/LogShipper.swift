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
    /// Many requests that end by themselves may come at once; each holds at most 256 KiB.
    private static let mostReading = 16

    private let client: ServerClient
    private let logs: LogFolder
    private let snapshot: Snapshot
    private let logger: Logger
    let cuts = LogCuts()
    private let busy = Mutex<(following: Int, reading: Int)>((0, 0))

    init(client: ServerClient, logs: LogFolder, snapshot: Snapshot, logger: Logger) {
        self.client = client
        self.logs = logs
        self.snapshot = snapshot
        self.logger = logger
    }

    func run(_ requests: AsyncStream<LogRequest>) async {
        await withDiscardingTaskGroup { group in
            for await request in requests {
                // Nobody waits for hours, without a word, until another one ends.
                guard enter(request) else {
                    group.addTask { await self.refuse(request) }
                    continue
                }
                group.addTask {
                    await self.serve(request)
                    self.leave(request)
                }
            }
            group.cancelAll()
        }
    }

    private func enter(_ request: LogRequest) -> Bool {
        busy.withLock { busy in
            if request.follow {
                busy.following += 1
                if busy.following <= LogShipper.mostAtOnce { return true }
                busy.following -= 1
            } else {
                busy.reading += 1
                if busy.reading <= LogShipper.mostReading { return true }
                busy.reading -= 1
            }
            return false
        }
    }

    private func leave(_ request: LogRequest) {
        busy.withLock { if request.follow { $0.following -= 1 } else { $0.reading -= 1 } }
    }

    private func refuse(_ request: LogRequest) async {
        let words =
            request.follow
            ? "\(LogShipper.mostAtOnce) others follow logs of this host; try again when one of them has ended\n"
            : "too many ask for logs of this host at once; try again\n"
        _ = try? await client.post("/v1/agent/logs/\(request.id)", Array(words.utf8), type: "text/plain; charset=utf-8")
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
        let response = try? await client.execute(upload, timeout: .hours(6))
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
