import EventStreams
import FoundationEssentials
import Rollouts
import Values
import Wire

/// What a watching person sees change.
enum WatchInput: Sendable {
    case rollout(RolloutView)
    /// Events in order, none twice, none left out.
    case history([HistoryEntry])
    /// The server is lost; the next attempt comes after `retry`.
    case lost(reason: String, retry: Period)
    case found
}

/// Follows one rollout on a server, across the server's restarts.
struct WatchFeed: Sendable {
    /// A server that is gone for longer is given up.
    static let patience = Period.minutes(10)

    let client: APIClient
    /// An identifier, or a service's name; the first answer settles which rollout it is.
    let rollout: String
    let goal: WatchGoal
    /// The first wait before another attempt; it doubles up to 10 seconds.
    var firstRetry = Period.milliseconds(500)

    private struct Place {
        var rollout: String
        var isKnown = false
        /// The number of the last event that was shown.
        var sequence = 0
        var lostSince: Timestamp?
        var attempts: Int64 = 0
    }

    /// Shows everything from the rollout's first event on, until the goal is reached or missed.
    func run(_ show: (WatchInput) -> Void) async throws -> WatchOutcome {
        var place = Place(rollout: rollout)
        while true {
            let reason: String
            do {
                if let outcome = try await follow(&place, show) { return outcome }
                reason = "the server ended the stream"
            } catch let failure as CommandFailure where failure.code == Ending.unreachable && place.isKnown {
                reason = failure.message.split(separator: "\n").first.map(String.init) ?? failure.message
                if isOutOfPatience(&place) { throw failure }
            } catch let problem as Problem where problem.kind == .unavailable && place.isKnown {
                reason = problem.message
                if isOutOfPatience(&place) { throw problem }
            }
            let retry = backOff(&place)
            show(.lost(reason: reason, retry: retry))
            try await Task.sleep(for: .milliseconds(retry.milliseconds))
        }
    }

    private func isOutOfPatience(_ place: inout Place) -> Bool {
        let now = Console.current.now()
        let since = place.lostSince ?? now
        place.lostSince = since
        return now - since > WatchFeed.patience
    }

    /// Doubling waits with some chance in them, so that many watchers do not come back at once.
    private func backOff(_ place: inout Place) -> Period {
        let longest = min(10_000, firstRetry.milliseconds << min(place.attempts, 10))
        place.attempts += 1
        return .milliseconds(Int64.random(in: longest / 2...max(longest / 2, longest)))
    }

    /// One connection: first the stream, then what was missed, so that nothing falls between both.
    private func follow(_ place: inout Place, _ show: (WatchInput) -> Void) async throws -> WatchOutcome? {
        let events = try await client.events()
        let rollout = try await client.rollout(place.rollout)
        place.rollout = rollout.id
        place.isKnown = true
        if place.attempts > 0 { show(.found) }
        (place.attempts, place.lostSince) = (0, nil)
        try await catchUp(&place, show)
        if let outcome = try await take(rollout, &place, show) { return outcome }
        for try await event in events {
            if let outcome = try await take(event, &place, show) { return outcome }
        }
        return nil
    }

    private func take(
        _ event: ServerSentEvent, _ place: inout Place, _ show: (WatchInput) -> Void
    ) async throws -> WatchOutcome? {
        let data = Data(event.data)
        switch event.name {
        case "rollout":
            guard let rollout = try? JSONDecoder().decode(RolloutView.self, from: data), rollout.id == place.rollout
            else { return nil }
            return try await take(rollout, &place, show)
        case "history":
            guard let entry = try? JSONDecoder().decode(HistoryEntry.self, from: data),
                entry.rollout == place.rollout, entry.event.sequence > place.sequence
            else { return nil }
            if entry.event.sequence == place.sequence + 1 {
                place.sequence += 1
                show(.history([entry]))
            } else {
                try await catchUp(&place, show)
            }
            guard entry.event.fact.mayEndWatching else { return nil }
            return try await take(try await client.rollout(place.rollout), &place, show)
        default: return nil
        }
    }

    private func take(
        _ rollout: RolloutView, _ place: inout Place, _ show: (WatchInput) -> Void
    ) async throws -> WatchOutcome? {
        let outcome = goal.outcome(of: rollout)
        if outcome != nil, place.sequence < rollout.sequence { try await catchUp(&place, show) }
        show(.rollout(rollout))
        return outcome
    }

    private func catchUp(_ place: inout Place, _ show: (WatchInput) -> Void) async throws {
        let entries = try await client.history(place.rollout, after: place.sequence)
        guard let last = entries.last else { return }
        place.sequence = last.event.sequence
        show(.history(entries))
    }
}

extension RolloutEvent.Fact {
    /// Whether the rollout may have reached what somebody waits for.
    fileprivate var mayEndWatching: Bool {
        switch self {
        case .done, .rolledBack, .cancelled, .watchStarted: return true
        default: return false
        }
    }
}
