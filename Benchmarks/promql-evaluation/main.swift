import Glibc
import PromQL
import QueryJSON
import Series

// How long the evaluation of the queries takes that are asked again and again while a fleet changes.
//
//     swift run -c release promql-evaluation [ROUNDS]
//
// The samples lie in memory: what a store takes to find and decode them comes on top. Every round reads the expression, prepares it,
// evaluates it and writes the answer's body; the median is printed, in milliseconds of processor time.

func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
}

func measure(_ name: String, _ fleet: Fleet, _ text: String, from start: Int64? = nil, rounds: Int) throws {
    var spent: [Double] = []
    var size = 0
    for _ in 0..<rounds {
        let before = now()
        let query = try Query(text)
        let prepared =
            try start.map { try query.prepared(from: $0, through: Fleet.end, step: 15_000) }
            ?? query.prepared(at: Fleet.end)
        let sets = prepared.selections.map { fleet.selected($0) }
        let result = try prepared.evaluate(with: sets)
        size = QueryBody.success(result, at: Fleet.end).count
        spent.append(now() - before)
    }
    spent.sort()
    let median = (spent[rounds / 2] * 1000).rounded() / 1000
    print("\(name): \(median) ms (least \((spent[0] * 1000).rounded() / 1000)), answer \(size) bytes")
}

let rounds = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 21
let canary = "sum by (version) (rate(requests_total[1m]))"
let p99 = "histogram_quantile(0.99, sum by (version, le) (rate(latency_seconds_bucket[1m])))"
let thousand = Fleet.counters(1000, hours: 7)
let tenThousand = Fleet.counters(10_000, hours: 1)
try measure("rate by version, 1k series", thousand, canary, rounds: rounds)
try measure("rate by version, 10k series", tenThousand, canary, rounds: rounds)
try measure("p99 by version, 3k buckets", Fleet.buckets(3000, hours: 1), p99, rounds: rounds)
try measure("p99 by version, 30k buckets", Fleet.buckets(30_000, hours: 1), p99, rounds: rounds)
try measure("topk(10), 10k series", tenThousand, "topk(10, rate(requests_total[5m]))", rounds: rounds)
try measure(
    "rate by version, 1k series, 6 h at 15 s", thousand, canary, from: Fleet.end - 6 * 3_600_000,
    rounds: max(3, rounds / 4))
try measure(
    "selector, 1k series, 6 h at 15 s", thousand, "sum(requests_total)", from: Fleet.end - 6 * 3_600_000,
    rounds: max(3, rounds / 4))
try measure(
    "each of 1k series by itself, 6 h at 15 s", thousand, "requests_total / requests_total",
    from: Fleet.end - 6 * 3_600_000, rounds: max(3, rounds / 4))
try measure(
    "p99 by version, 3k buckets, 1 h at 15 s", Fleet.buckets(3000, hours: 2), p99, from: Fleet.end - 3_600_000,
    rounds: max(3, rounds / 4))
try measure(
    "error share by version, 10k series", tenThousand,
    "sum by (version) (rate(requests_total{code=~\"5..\"}[1m])) / sum by (version) (rate(requests_total[1m]))",
    rounds: rounds)
