import AsyncHTTPClient
import EventStreams
import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Values
import Wire

/// Keeps the stream from the server open, and hands on what arrives.
struct ServerStream: Sendable {
    var client: ServerClient
    var membership: Membership
    var snapshot: Snapshot
    var events: AgentEvents
    var logRequests: AsyncStream<LogRequest>.Continuation
    var logger: Logger

    /// Runs until the task is cancelled. Nothing that runs on the host depends on it.
    func run() async {
        var state = ContactLog(logger: logger)
        var backOff = BackOff(first: .seconds(1), longest: .seconds(30))
        var hint: Period?
        while !Task.isCancelled {
            do {
                try await membership.join()
                try await follow { connected in
                    hint = connected
                    backOff.reset()
                    state.isReached()
                }
                state.isLost("the server ended the stream")
            } catch is CancellationError {
                return
            } catch let refusal as ServerRefusal {
                state.isLost(refusal.description)
                if await membership.isRefused(refusal) { backOff = BackOff(first: .seconds(10), longest: .seconds(60)) }
            } catch {
                state.isLost(describe(error))
            }
            events.yield(.serverAway)
            // After a good stream the server's hint spreads everybody; after that the wait doubles.
            if let spread = hint {
                await pause(.milliseconds(Int64.random(in: 0...max(1, spread.milliseconds))))
                hint = nil
            } else {
                await pause(backOff.next())
            }
        }
    }

    /// - Parameter connected: called with the time to reconnect within, once the server has said hello.
    private func follow(connected: (Period) -> Void) async throws {
        var request = client.request(.GET, "/v1/agent/stream")
        request.headers.add(name: "Accept", value: "text/event-stream")
        let response = try await client.execute(request, timeout: .hours(24 * 365))
        try await client.check(response)
        var parser = EventStreamParser(limit: 16 << 20)
        var within = Period.seconds(1)
        for try await buffer in response.body {
            for event in try parser.feed(buffer.readableBytesView) {
                if event.name == "hello", let hello = decode(StreamHello.self, event) {
                    snapshot.heartbeat = hello.heartbeat.milliseconds
                    within = hello.reconnectWithin
                    connected(within)
                    snapshot.wantReport()
                } else {
                    handle(event)
                }
            }
            // A farewell asks for a moment to start again; with a large fleet the hint spreads everybody further.
            if let retry = parser.retry { connected(max(within, .milliseconds(min(max(retry, 0), 600_000)))) }
        }
    }

    private func handle(_ event: ServerSentEvent) {
        switch event.name {
        case "desired":
            if let desired = decode(DesiredState.self, event) { events.yield(.desired(desired)) }
        case "logs":
            if let request = decode(LogRequest.self, event) { logRequests.yield(request) }
        default:
            logger.debug("unknown event", metadata: ["event": "\(event.name)"])
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ event: ServerSentEvent) -> Value? {
        do {
            let value = try JSONDecoder().decode(type, from: Data(event.data))
            snapshot.note(.event(event.name), nil)
            return value
        } catch {
            // A newer server may say what this agent does not understand: it keeps what it has.
            logger.error(
                "an event of the server cannot be read", metadata: ["event": "\(event.name)", "why": "\(error)"])
            snapshot.note(
                .event(event.name),
                "an event '\(event.name)' of the server could not be read; is the agent older than the server?")
            return nil
        }
    }
}

/// Says once for each reason that the server is away, then rarely, and once that it is back.
struct ContactLog {
    let logger: Logger
    private var lostAt: Period?
    /// When each reason was said last; few, because they are the system's and the server's own sentences.
    private var said: [String: Period] = [:]

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func isReached() {
        if let lostAt {
            logger.notice("the server is back", metadata: ["after": "\(monotonicTime() - lostAt)"])
        } else {
            logger.info("connected to the server")
        }
        lostAt = nil
        said = [:]
    }

    mutating func isLost(_ reason: String) {
        let now = monotonicTime()
        lostAt = lostAt ?? now
        if let saidAt = said[reason], now - saidAt < .minutes(10) { return }
        if said.count >= 16 { said = [:] }
        said[reason] = now
        logger.warning("the server cannot be reached; services go on unchanged", metadata: ["why": "\(reason)"])
    }
}

/// An error of the HTTP client in short words.
func describe(_ error: any Error) -> String {
    if let error = error as? HTTPClientError { return error.shortDescription }
    if let error = error as? NIOConnectionError { return "cannot connect to \(error.host):\(error.port)" }
    return "\(error)"
}
