import Specs
import Values
import Verdicts

extension TraceReplay {
    /// One trace on its way.
    struct Session {
        let name: String
        private let document: ChecksDocument
        private let sources: TraceChecks
        private var engine: VerdictEngine?
        private var cohorts = TraceCohorts()
        private var rows: [TraceRow] = []
        /// Ticks that wait until it is known how the rollout went: how long a tick is, and whether there are controls and waves.
        private var held: [[TraceRow]] = []
        private var heldNumbers = 0
        private var isHolding = true
        private var length: Double?
        private var time = -Double.infinity
        private var judged: Double?
        private var hasPassed = false
        private var hasFailed = false

        /// So many numbers wait at most, 16 MiB: of a longer trace the beginning says how it went.
        private static let mostHeld = 1 << 21
        /// A trace whose hosts change in several waves is taken for one of a plan with so many, unless a plan is named.
        private static let usualWaves = 5

        init(name: String, document: ChecksDocument, sources: TraceChecks) {
            self.name = name
            self.document = document
            self.sources = sources
        }

        /// Ticks that are closer together are no ticks (seconds).
        private static let shortest = 0.1

        mutating func take(_ row: TraceRow, _ header: TraceHeader) throws(TraceProblem) -> [Decision] {
            guard !hasFailed else { return [] }
            try check(row, header)
            var decisions: [Decision] = []
            if row.time > time {
                decisions = endTick(next: row.time)
                time = row.time
            }
            rows.append(row)
            return decisions
        }

        private func check(_ row: TraceRow, _ header: TraceHeader) throws(TraceProblem) {
            guard Cohort(rawValue: row.cohort) != nil else {
                let cohorts = Cohort.allCases.map(\.rawValue)
                let advice =
                    nearest(to: row.cohort, among: cohorts).map { "did you mean '\($0)'?" }
                    ?? "cohorts are canary, baseline and control"
                throw TraceProblem(
                    line: row.line, column: header.cohort + 1,
                    reason: "trace \(name): there is no cohort '\(row.cohort)'; \(advice)")
            }
            guard row.time >= time else {
                throw TraceProblem(
                    line: row.line, column: header.time + 1,
                    reason: "trace \(name): t goes back from \(time) to \(row.time)")
            }
            // The smallest bit of slack: 0.3 - 0.2 is less than 0.1.
            guard row.time == time || row.time - time >= Session.shortest - 1e-6 else {
                throw TraceProblem(
                    line: row.line, column: header.time + 1,
                    reason:
                        "trace \(name): t goes on by \(row.time - time) s from \(time) to \(row.time); ticks are at "
                        + "least \(Session.shortest) s apart")
            }
        }

        mutating func end() -> [Decision] {
            guard !hasFailed else { return [] }
            var decisions = endTick(next: nil)
            decisions += release(isWhole: true)
            guard !hasFailed, !hasPassed, let engine else { return decisions }
            return decisions + [decision(.undecided, engine, at: max(0, judged ?? 0))]
        }

        /// The rows of one time are complete.
        private mutating func endTick(next: Double?) -> [Decision] {
            guard !rows.isEmpty else { return [] }
            let ready = rows
            rows = []
            guard isHolding else { return judge(ready) }
            held.append(ready)
            heldNumbers += ready.count * (ready.first?.numbers.count ?? 0)
            return heldNumbers < Session.mostHeld || held.count < 4 ? [] : release(isWhole: false)
        }

        private mutating func release(isWhole: Bool) -> [Decision] {
            guard isHolding else { return [] }
            isHolding = false
            // A gap is no tick: the shortest step of the first three is how long one is.
            let times = held.prefix(4).compactMap { $0.first?.time }
            length = zip(times, times.dropFirst()).map { $1 - $0 }.min() ?? times.first.flatMap { $0 > 0 ? $0 : nil }
            engine = VerdictEngine(configuration(held, isWhole: isWhole))
            var decisions: [Decision] = []
            let ready = held
            held = []
            for rows in ready where !hasFailed { decisions += judge(rows) }
            return decisions
        }

        private mutating func judge(_ rows: [TraceRow]) -> [Decision] {
            guard let time = rows.first?.time, var engine = engine else { return [] }
            // Taken out, so that it is changed in place.
            self.engine = nil
            let length = length ?? Session.usualLength
            let places = cohorts.places(rows, at: time, length: length)
            let tick = Tick(
                at: Timestamp(milliseconds: milliseconds(time)), length: .milliseconds(milliseconds(length)),
                startsWave: places.startsWave, isBefore: time <= 0,
                samples: sources.samples(Array(zip(places.places, rows)), length: length))
            engine.observe(tick)
            self.engine = engine
            guard time > 0 else { return [] }
            judged = time
            return decisions(engine, at: time)
        }

        /// Seconds; how long the only tick of a trace is taken to be.
        private static let usualLength = 10.0

        /// What a live rollout knows of its plan: from the document, else from what happened.
        private func configuration(_ ticks: [[TraceRow]], isWhole: Bool) -> VerdictEngine.Configuration {
            var configuration = VerdictEngine.Configuration(
                checks: document.checks, falseRollbacks: document.falseRollbacks,
                tick: .milliseconds(milliseconds(length ?? Session.usualLength)))
            configuration.control =
                document.control == .restart
                || ticks.contains { $0.contains { $0.cohort == Cohort.control.rawValue && $0.time > 0 } }
            if let waves = document.waves {
                configuration.waves = waves.count + (document.watch > .zero ? 1 : 0)
                configuration.planned = max(.minutes(1), waves.reduce(document.watch) { $0 + $1.bake.atMost })
            } else {
                var cohorts = cohorts
                let starts = ticks.count { rows in
                    guard let time = rows.first?.time else { return false }
                    return cohorts.places(rows, at: time, length: length ?? Session.usualLength).startsWave
                }
                // The first wave is no later one; how a longer trace goes on is not known.
                configuration.waves = starts > 0 || !isWhole ? max(Session.usualWaves, starts + 1) : 1
            }
            return configuration
        }

        private func milliseconds(_ seconds: Double) -> Int64 { Int64((seconds * 1000).rounded()) }

        private mutating func decisions(_ engine: VerdictEngine, at time: Double) -> [Decision] {
            switch engine.verdict {
            case .fail:
                hasFailed = true
                return [decision(.fail, engine, at: time)]
            case .pass where !hasPassed:
                hasPassed = true
                return [decision(.pass, engine, at: time)]
            case .pass, .undecided: return []
            }
        }

        private func decision(_ verdict: Verdict, _ engine: VerdictEngine, at time: Double) -> Decision {
            let readings = engine.readings
            let named =
                readings.first { $0.verdict == verdict && !$0.dryRun && verdict != .pass }
                ?? readings.min { ($0.evidence?.proof ?? 0) < ($1.evidence?.proof ?? 0) }
            return Decision(
                trace: name, verdict: verdict, at: time, check: named?.check ?? "", readings: readings,
                budget: engine.budget)
        }
    }
}
