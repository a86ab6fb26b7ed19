import Documents
import Flags
import Glibc
import Synchronization
import Values

/// Measures the evaluation of flags within one process, and prints one line of JSON for each figure.
///
/// usage: flags-evaluation [--quick]

let quick = CommandLine.arguments.contains("--quick")
let now = Timestamp(milliseconds: 1_800_000_000_000)

func print(_ name: String, _ value: Double, _ unit: String) {
    Swift.print("{\"name\":\"\(name)\",\"value\":\(value),\"unit\":\"\(unit)\"}")
}

/// Processor time of this thread, in nanoseconds.
func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

func wallTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// The median of nine rounds, in nanoseconds for each call.
func measured(_ count: Int, _ body: (Int) -> Void) -> Double {
    let count = quick ? max(count / 20, 1) : count
    body(max(count / 10, 1))
    let rounds = (0..<9).map { _ in
        let start = threadTime()
        body(count)
        return (threadTime() - start) / Double(count)
    }
    return rounds.sorted()[4]
}

func compile(_ json: String) -> FlagSnapshot {
    let (node, issues) = JSONParser.parse(Array(json.utf8), file: "flags.json")
    let snapshot = node.flatMap { FlagSnapshot.compile($0, file: "flags.json").snapshot }
    guard let snapshot else {
        Swift.print("the set is not valid: \(issues)")
        exit(1)
    }
    return snapshot
}

nonisolated(unsafe) var sink: Int32 = 0
let context = Array(Sets.context.utf8)

for kind in Sets.kinds {
    let snapshot = compile("{\"flags\":{\"f\":\(kind.flag)}}")
    var bound = BoundContext()
    try snapshot.bind(json: context, into: &bound)
    let time = measured(2_000_000) { count in
        var sum: Int32 = 0
        for _ in 0..<count { sum &+= snapshot.evaluate(0, in: &bound, at: now).variant }
        sink &+= sum
    }
    print("evaluate: \(kind.name)", time, "ns")
}

let mixed = SnapshotCell(compile(Sets.mixed(1000)))
let keys = mixed.read { $0.keys }.map { Array($0.utf8) }
let flatKeys = Array(keys.joined())
let places = keys.reduce(into: [(0, 0)]) { $0.append(($0.last.map { $0.0 + $0.1 } ?? 0, $1.count)) }.dropFirst()
let keyPlaces = Array(places)

/// What a server does for a request: take the snapshot, find the flag, evaluate it.
func requests(_ count: Int, bindingEach: Bool) {
    var bound = BoundContext()
    var sum: Int32 = 0
    mixed.read { snapshot in try? snapshot.bind(json: context, into: &bound) }
    flatKeys.withUnsafeBytes { keys in
        context.withUnsafeBytes { json in
            keyPlaces.withUnsafeBufferPointer { places in
                var next = 0
                for _ in 0..<count {
                    next = (next &* 5 &+ 7) % 1000
                    let (start, length) = places[next]
                    let key = UnsafeRawBufferPointer(rebasing: keys[start..<start &+ length])
                    sum &+= mixed.read { snapshot in
                        if bindingEach {
                            do throws(ContextProblem) { try snapshot.bind(json: json, into: &bound) } catch { return 0 }
                        }
                        guard let flag = snapshot.index(of: key) else { return 0 }
                        return snapshot.evaluate(flag, in: &bound, at: now).variant
                    }
                }
            }
        }
    }
    sink &+= sum
}

print("1,000 flags mixed: snapshot, key, evaluate", measured(1_000_000) { requests($0, bindingEach: false) }, "ns")
print("the same with a raw context of ten attributes", measured(500_000) { requests($0, bindingEach: true) }, "ns")

let binding = compile(Sets.mixed(1000))
var rebound = BoundContext()
print(
    "binding a raw context of ten attributes",
    measured(500_000) { count in
        context.withUnsafeBytes { json in
            for _ in 0..<count {
                do throws(ContextProblem) { try binding.bind(json: json, into: &rebound) } catch { return }
            }
        }
    }, "ns")

// The memory of the bound context itself is asked for once.
print("allocations in 200,000 evaluations with raw contexts", allocations { requests(200_000, bindingEach: true) }, "")

let one = rate(threads: 1)
let two = rate(threads: 2)
print("one thread", one, "evaluations/s")
print("two threads", two, "evaluations/s")
print("two threads to one", two / one, "x")

await measureSDK()
measureLargeSet()
