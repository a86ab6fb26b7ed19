import MetricsFormats
import Series
import Synchronization
import Values
import Wire

/// What SDKs have measured, each since its process began. Bounded: a client that is silent is forgotten, and there are only so many.
final class FlagMeasures: Sendable {
    struct Client: Sendable {
        var seenAt: Timestamp
        /// When its counters stood at zero, by this server's clock.
        var startedAt: Timestamp
        var exposures: [SDKMeasures.Exposure]
    }

    static let mostClients = 1000
    static let patience = Period.minutes(10)
    /// What was reported longer ago does not say what happens now.
    static let freshFor = Period.seconds(30)
    /// How often what they have measured is looked at: they report oftener while a flag is rolled out.
    static let interval = Period.seconds(4)
    /// How long after a wave has begun what SDKs had measured before it has come in: they report at once when a share changes.
    static let settling = Period.milliseconds(1500)

    /// What an environment's clients have sent.
    struct Clients: Sendable {
        fileprivate(set) var known: [String: Client] = [:]
        /// Clients that there was no room for, as far as they are counted, since the first of them came.
        fileprivate(set) var refused: Set<String> = []
        fileprivate(set) var refusedAt: Timestamp?
    }

    /// By environment.
    private let state = Mutex<[String: Clients]>([:])

    /// Takes a report in, and answers its samples; `nil` when there are too many clients already.
    ///
    /// Who is left out is told by `note`. Those that are counted are a fair sample nevertheless: variants are given by the targeting
    /// key, not by the process.
    func take(_ report: SDKMeasures, environment: String, at now: Timestamp) -> IngestBatch? {
        let startedAt: Timestamp? = state.withLock { state in
            state[environment, default: Clients()].take(report, at: now)
        }
        guard let startedAt else { return nil }
        return FlagMeasures.batch(report, environment: environment, at: now, startedAt: startedAt)
    }

    /// How many are left out, for people; `nil` when nobody was lately.
    func note(environment: String, at now: Timestamp) -> String? {
        state.withLock { state in
            guard let clients = state[environment], let last = clients.refusedAt, now - last <= FlagMeasures.patience
            else { return nil }
            let more = clients.refused.count >= FlagMeasures.mostClients ? "more than " : ""
            return
                "\(clients.known.count) processes are counted, and \(more)\(clients.refused.count) beyond those are left out"
        }
    }

    /// What those that were heard of lately say of a flag's keys, while a rollout stood at this share.
    func exposures(
        of flag: String, environment: String, rollout: String, share: Percentage, at now: Timestamp
    ) -> [SDKMeasures.Exposure] {
        state.withLock { state in
            (state[environment]?.known ?? [:]).values.filter { now - $0.seenAt <= FlagMeasures.freshFor }
                .flatMap(\.exposures)
                .filter { $0.flag == flag && $0.rollout == rollout && Double($0.share) == share.percent }
        }
    }

    /// The counters of a report as samples.
    private static func batch(
        _ report: SDKMeasures, environment: String, at now: Timestamp, startedAt: Timestamp
    ) -> IngestBatch {
        var batch = IngestBatch()
        let (time, start) = (now.milliseconds, startedAt.milliseconds)
        for measured in report.flags {
            func labels(_ name: String, _ more: (String, String)? = nil) -> Labels {
                var builder = LabelsBuilder()
                builder.set(Labels.metricName, name)
                builder.set("client", report.client)
                builder.set("environment", environment)
                builder.set("flag", measured.flag)
                builder.set("variant", measured.variant)
                if let more { builder.set(more.0, more.1) }
                return builder.labels()
            }
            func add(_ name: String, _ value: Double, _ more: (String, String)? = nil) {
                batch.append(labels(name, more), time: time, value: value, start: start)
            }
            add("halcyon_flag_requests_total", Double(measured.requests))
            add("halcyon_flag_errors_total", Double(measured.errors))
            add("halcyon_flag_duration_seconds_sum", Double(measured.micros) / 1e6)
            add("halcyon_flag_duration_seconds_count", Double(measured.requests))
            var reached: Int64 = 0
            for (place, count) in measured.buckets.enumerated() {
                reached += count
                let edge = place < report.bounds.count ? "\(Double(report.bounds[place]) / 1e6)" : "+Inf"
                add("halcyon_flag_duration_seconds_bucket", Double(reached), ("le", edge))
            }
            for event in measured.events {
                add("halcyon_flag_events_total", Double(event.count), ("event", event.event))
            }
        }
        return batch
    }
}

extension FlagMeasures.Clients {
    /// - Returns: when its counters stood at zero; `nil` when there is no room for it.
    fileprivate mutating func take(_ report: SDKMeasures, at now: Timestamp) -> Timestamp? {
        if known[report.client] == nil, known.count >= FlagMeasures.mostClients {
            known = known.filter { now - $0.value.seenAt <= FlagMeasures.patience }
            guard known.count < FlagMeasures.mostClients else {
                if let refusedAt, now - refusedAt > FlagMeasures.patience { refused = [] }
                refusedAt = now
                if refused.count < FlagMeasures.mostClients { refused.insert(report.client) }
                return nil
            }
        }
        refused.remove(report.client)
        let startedAt = known[report.client]?.startedAt ?? now - .milliseconds(report.age)
        known[report.client] = FlagMeasures.Client(seenAt: now, startedAt: startedAt, exposures: report.exposures)
        return startedAt
    }
}
