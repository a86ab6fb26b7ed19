import HTTPTypes
import HummingbirdCore
import NIOCore
import Ports
import Wire

/// Streams a service's output until it ends, the client goes away, or the server ends.
@Sendable func followLogs(_ call: Call) async throws -> Response {
    let request = LogRequest(
        id: "l-" + String(UInt64.random(in: .min ... .max), radix: 36), service: call.name("service"),
        lines: call.count("lines", default: 100), follow: call.flag("follow") ?? false, instance: call.text("instance"))
    if call.request.method == .head {
        return Response(status: .ok, headers: [.contentType: "text/plain; charset=utf-8"])
    }
    let chunks = try await call.surface.logs(host: call.name("host"), request: request)
    let (channel, endless) = (call.channel, call.parts.endless)
    let body = ResponseBody { writer in
        // Only the child task uses it until the group has ended.
        nonisolated(unsafe) var target = writer
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await chunk in chunks { try await target.write(ByteBuffer(bytes: chunk)) }
            }
            group.addTask { await untilOver(channel, endless) }
            defer { group.cancelAll() }
            try await group.next()
        }
        try await writer.finish(nil)
    }
    return Response(
        status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .init("X-Accel-Buffering") ?? .via: "no"],
        body: body)
}

/// Waits until the client has gone away or the server ends.
private func untilOver(_ channel: any Channel, _ endless: EndlessAnswers) async {
    let (signal, over) = AsyncStream.makeStream(of: Void.self)
    let number = endless.add { over.finish() }
    channel.closeFuture.whenComplete { _ in over.finish() }
    for await _ in signal {}
    endless.forget(number)
}

/// The agent's side: passes its output on for as long as somebody listens.
@Sendable func takeLogs(_ call: Call) async throws -> Response {
    let (id, host) = (call.name("id"), try call.by.host ?? "")
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await buffer in call.request.body {
                    guard await call.surface.deliverLogs(host: host, id: id, chunk: Array(buffer.readableBytesView))
                    else { throw Problem(.notFound, "nobody listens any more") }
                }
            }
            // A quiet service sends nothing for hours: that its reader has gone must not wait for the next line.
            group.addTask {
                while await call.surface.deliverLogs(host: host, id: id, chunk: []) {
                    try await Task.sleep(for: .seconds(2))
                }
                throw Problem(.notFound, "nobody listens any more")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    } catch is Problem {
        return .json(Problem(.notFound, "nobody listens to '\(id)' any more"), status: .gone)
    } catch {
        await call.surface.endLogs(host: host, id: id)
        throw error
    }
    await call.surface.endLogs(host: host, id: id)
    return .nothing
}
