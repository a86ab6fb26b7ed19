import CountingMalloc
import Documents
import FlagSpecs
import Flags
import Glibc
import Synchronization

/// How often memory was asked for while `body` ran for the second time.
func allocations(_ body: () -> Void) -> Double {
    body()
    let before = halcyon_allocation_count()
    body()
    return Double(halcyon_allocation_count() - before)
}

/// Evaluations in a second of processor time, by so many threads together that run at once.
func rate(threads: Int) -> Double {
    let count = quick ? 200_000 : 5_000_000
    let rounds = (0..<5).map { _ in
        let work = Work(count: count)
        var handles: [pthread_t] = []
        for _ in 0..<threads {
            var handle = pthread_t()
            pthread_create(&handle, nil, { Work.run($0) }, Unmanaged.passUnretained(work).toOpaque())
            handles.append(handle)
        }
        for handle in handles { pthread_join(handle, nil) }
        return Double(threads * threads * count) / Double(work.spent.load(ordering: .acquiring)) * 1e9
    }
    return rounds.sorted()[2]
}

/// What threads do at once, and the processor time that they took together.
final class Work: Sendable {
    let count: Int
    let spent = Atomic<Int>(0)

    init(count: Int) { self.count = count }

    static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
        let start = threadTime()
        requests(work.count, bindingEach: false)
        work.spent.wrappingAdd(Int(threadTime() - start), ordering: .relaxed)
        return nil
    }
}

/// 10,000 flags and 1,000 segments: to load, to keep, and to change.
func measureLargeSet() {
    let json = Array(Sets.large(flags: quick ? 1000 : 10_000, segments: quick ? 100 : 1000).utf8)
    let changedJSON = Array(Sets.large(flags: quick ? 1000 : 10_000, segments: quick ? 100 : 1000, changed: "off").utf8)
    let before = Double(halcyon_memory_in_use())
    var start = threadTime()
    var node = JSONParser.parse(json, file: "flags.json").node
    let parsed = threadTime()
    guard let snapshot = node.flatMap({ FlagSnapshot.compile($0, file: "flags.json").snapshot }) else { return }
    print("10,000 flags, 1,000 segments: read the file", (parsed - start) / 1e6, "ms")
    print("10,000 flags, 1,000 segments: compile", (threadTime() - parsed) / 1e6, "ms")
    node = nil
    print(
        "10,000 flags, 1,000 segments: memory of the snapshot", (Double(halcyon_memory_in_use()) - before) / 1e6, "MB")
    guard let changed = JSONParser.parse(changedJSON, file: "flags.json").node else { return }
    let cell = SnapshotCell(snapshot)
    start = threadTime()
    guard let next = FlagSnapshot.compile(changed, file: "flags.json", reusing: snapshot).snapshot else { return }
    print("10,000 flags: compile one changed flag", (threadTime() - start) / 1e6, "ms")
    start = threadTime()
    cell.publish(next)
    print("10,000 flags: publish", (threadTime() - start) / 1e6, "ms")
    start = threadTime()
    let keys = next.changedKeys(since: snapshot)
    print("10,000 flags: find the \(keys.count) changed", (threadTime() - start) / 1e6, "ms")
    measureToggle(json)
}

/// One of 10,000 managed flags is switched off, as a server does it: made plain, compiled, published; the median of nine.
private func measureToggle(_ json: [UInt8]) {
    guard let node = JSONParser.parse(json, file: "flags.json").node,
        let file = FlagFile(reading: Cursor(node, log: IssueLog(file: "flags.json")))
    else { return }
    var set = FlagSet(
        flags: Dictionary(file.flags.map { ($0.key, $0) }) { first, _ in first },
        segments: Dictionary(file.segments.map { ($0.name, $0.rule) }) { first, _ in first })
    var lowered = set.lowered()
    guard var snapshot = FlagSnapshot.compile(lowered.node, file: "flags.json").snapshot else { return }
    let cell = SnapshotCell(snapshot)
    var times: [(plain: Double, compiled: Double, published: Double)] = []
    for round in 0..<9 {
        let start = threadTime()
        set.flags["flag-7"]?["state"] = .string(round % 2 == 0 ? "DISABLED" : "ENABLED")
        lowered = set.lowered(reusing: lowered)
        let plain = threadTime()
        let result = FlagSnapshot.compile(lowered.node, file: "", reusing: snapshot, changed: lowered.changed)
        guard let next = result.snapshot else { return }
        let compiled = threadTime()
        cell.publish(next)
        sink &+= Int32(next.changedKeys(since: snapshot).count)
        snapshot = next
        times.append((plain - start, compiled - plain, threadTime() - compiled))
    }
    func median(_ part: ((plain: Double, compiled: Double, published: Double)) -> Double) -> Double {
        times.map(part).sorted()[times.count / 2] / 1e6
    }
    print("10,000 managed flags, one switched: make plain", median(\.plain), "ms")
    print("10,000 managed flags, one switched: compile", median(\.compiled), "ms")
    print("10,000 managed flags, one switched: publish and compare", median(\.published), "ms")
    print("10,000 managed flags, one switched: together", median { $0.plain + $0.compiled + $0.published }, "ms")
}
