import Glibc
import Specs
import Values
import Verdicts

/// Measures what verdicts cost within one process, and prints one line of JSON for each figure.
///
/// usage: verdict-ticks [--quick]

let quick = CommandLine.arguments.contains("--quick")

/// Processor time of this thread, in seconds.
func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func show(_ name: String, _ value: Double) { print("{\"name\":\"\(name)\",\"value\":\(value)}") }

let errors = CheckSpec(name: "errors", kind: .ratio(bad: "bad", total: "all"))
let latency = CheckSpec(name: "latency", kind: .latency(histogram: "seconds"))
let edges: [Double] = (0..<63).reduce(into: [0.001]) { edges, _ in edges.append(edges[edges.count - 1] * 1.2) }

func engine(_ checks: [CheckSpec]) -> VerdictEngine {
    VerdictEngine(VerdictEngine.Configuration(checks: checks, waves: 4, planned: .hours(1), tick: .seconds(5)))
}

/// One canary host, and so many of the baseline.
func events(_ index: Int, baseline: Int) -> CheckSample {
    var rows = [
        HostEvents(
            HostPlace(host: 0, cohort: .canary, age: .seconds(Int64(index + 1) * 5)), bad: Double(index * 7 % 3),
            total: 100)
    ]
    for host in 1...baseline {
        rows.append(
            HostEvents(HostPlace(host: host, cohort: .baseline), bad: Double((index + host) * 5 % 3), total: 900))
    }
    return .events(rows)
}

func durations(_ index: Int) -> CheckSample {
    let canary = HostPlace(host: 0, cohort: .canary, age: .seconds(Int64(index + 1) * 5))
    return .durations(
        edges: edges,
        [
            HostDurations(canary, counts: edges.indices.map { Double((index + $0) % 7) }),
            HostDurations(
                HostPlace(host: 1, cohort: .baseline), counts: edges.indices.map { Double((index * 3 + $0) % 31) }),
        ])
}

func tick(_ index: Int, _ samples: [CheckSample]) -> Tick {
    Tick(at: Timestamp(milliseconds: Int64(index + 1) * 5000), length: .seconds(5), samples: samples)
}

/// The median of nine rounds, in seconds a tick; what is fed is made before.
func measured(_ check: CheckSpec, _ sample: (Int) -> CheckSample) -> Double {
    let count = quick ? 500 : 5000
    let ticks = (0..<count).map { tick($0, [sample($0)]) }
    let rounds = (0..<9).map { _ in
        var engine = engine([check])
        let start = threadTime()
        for tick in ticks { engine.observe(tick) }
        let time = threadTime() - start
        // The verdict is asked for, so that nothing of it can be left out.
        return engine.verdict == .fail ? time : time
    }
    return rounds.sorted()[4] / Double(count)
}

show("tick of a count check, canary and baseline", measured(errors) { events($0, baseline: 1) })
show("tick of a count check, 12 hosts", measured(errors) { events($0, baseline: 11) })
show("tick of a latency check, 64 buckets", measured(latency) { durations($0) })

/// Many rollouts at once, each with its own engine of four checks.
let rollouts = quick ? 500 : 10_000
var engines = (0..<rollouts).map { _ in
    engine(
        [errors, latency, errors, errors].enumerated().map { place, check in
            var check = check
            check.name += "\(place)"
            return check
        })
}
let rounds = 12
var fails = 0
var spent = 0.0
for round in 0..<rounds {
    let shared = tick(
        round, [events(round, baseline: 1), durations(round), events(round, baseline: 1), events(round, baseline: 1)])
    let start = threadTime()
    for index in engines.indices {
        engines[index].observe(shared)
        if engines[index].verdict == .fail { fails += 1 }
    }
    spent += threadTime() - start
}
// A share of one processor, at a tick in five seconds.
show("processor share of 10,000 rollouts of four checks", spent / Double(rounds) / 5 * (10_000 / Double(rollouts)))
show("state of a check", Double(engines[0].state.count) / 4)
show("rolled back", Double(fails))
