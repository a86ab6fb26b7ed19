import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Runtimes
import Supervision
import Synchronization
import Values
import Wire

/// Sends the output of instances to the server when somebody asks for it.
final class LogShipper: Sendable {
    private static let mostLines = 10_000
    private static let lookEvery = Period.milliseconds(250)
    private static let mostAtOnce = 8

    private let client: ServerClient
    private let logs: LogFolder
    private let snapshot: Snapshot
    private let logger: Logger
    /// How much was cut off the front of which file, in all: a follower's place moves with it.
    private let cut = Mutex<[String: Int64]>([:])

    init(client: ServerClient, logs: LogFolder, snapshot: Snapshot, logger: Logger) {
        self.client = client
        self.logs = logs
        self.snapshot = snapshot
        self.logger = logger
    }

    func wasCut(_ file: String, by bytes: Int64) { cut.withLock { $0[file, default: 0] += bytes } }

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
        let (chunks, output) = AsyncStream<ByteBuffer>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.read(request) { output.yield(ByteBuffer(bytes: $0)) }
                output.finish()
            }
            group.addTask {
                var upload = self.client.request(.POST, "/v1/agent/logs/\(request.id)")
                upload.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
                upload.body = .stream(chunks, length: .unknown)
                // Ends when everything is sent, or when nobody listens any more (410).
                let response = try? await self.client.http.execute(upload, timeout: .hours(6))
                self.logger.debug("log sent", metadata: ["status": "\(response?.status.code ?? 0)"])
            }
            await group.next()
            if request.follow { group.cancelAll() }
            await group.waitForAll()
        }
    }

    /// Reads the last lines, and goes on with what is written as long as somebody follows.
    private func read(_ request: LogRequest, _ send: ([UInt8]) -> Void) async {
        guard var instance = choose(request) else {
            return send(Array("no output of \(request.service) on this host\n".utf8))
        }
        var file = logs.file(service: request.service, instance: instance)
        var cutBefore = cut.withLock { $0[file] ?? 0 }
        let lines = min(max(request.lines, 0), LogShipper.mostLines)
        var (bytes, offset) = LogFolder.tailBytes(file, lines: lines)
        send(bytes)
        while request.follow, !Task.isCancelled {
            await pause(LogShipper.lookEvery)
            let cutNow = cut.withLock { $0[file] ?? 0 }
            offset = max(0, offset - (cutNow - cutBefore))
            cutBefore = cutNow
            bytes = LogFolder.read(file, from: offset)
            offset += Int64(bytes.count)
            if !bytes.isEmpty {
                send(bytes)
            } else if request.instance == nil, let next = choose(request), next != instance {
                (instance, file) = (next, logs.file(service: request.service, instance: next))
                (offset, cutBefore) = (0, cut.withLock { $0[file] ?? 0 })
                send(Array("--- \(next) ---\n".utf8))
            }
        }
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
