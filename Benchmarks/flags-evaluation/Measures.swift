import CountingMalloc
import Documents
import Flags
import Glibc
import Synchronization

/// How often memory was asked for while `body` ran for the second time.
func allocations(during body: () -> Void) -> Double {
    body()
    let before = halcyon_allocation_count()
    body()
    return Double(halcyon_allocation_count() - before)
}

/// Evaluations a second of so many threads at once.
func rate(threads: Int) -> Double {
    let count = quick ? 200_000 : 5_000_000
    let rounds = (0..<5).map { _ in
        let start = wallTime()
        var handles: [pthread_t] = []
        for _ in 0..<threads {
            var handle = pthread_t()
            pthread_create(
                &handle, nil,
                { argument in
                    requests(Int(bitPattern: argument), bindingEach: false)
                    return nil
                }, UnsafeMutableRawPointer(bitPattern: count))
            handles.append(handle)
        }
        for handle in handles { pthread_join(handle, nil) }
        return Double(count * threads) / (wallTime() - start) * 1e9
    }
    return rounds.max() ?? 0
}

/// 10,000 flags and 1,000 segments: to load, to keep, and to change.
func measureLargeSet() {
    let json = Array(Sets.large(flags: quick ? 1000 : 10_000, segments: quick ? 100 : 1000).utf8)
    let changedJSON = Array(Sets.large(flags: quick ? 1000 : 10_000, segments: quick ? 100 : 1000, changed: "off").utf8)
    let before = Double(halcyon_memory_in_use())
    var start = wallTime()
    var node = JSONParser.parse(json, file: "flags.json").node
    let parsed = wallTime()
    guard let snapshot = node.flatMap({ FlagSnapshot.compile($0, file: "flags.json").snapshot }) else { return }
    print("10,000 flags, 1,000 segments: read the file", (parsed - start) / 1e6, "ms")
    print("10,000 flags, 1,000 segments: compile", (wallTime() - parsed) / 1e6, "ms")
    node = nil
    print(
        "10,000 flags, 1,000 segments: memory of the snapshot", (Double(halcyon_memory_in_use()) - before) / 1e6, "MB")
    guard let changed = JSONParser.parse(changedJSON, file: "flags.json").node else { return }
    let cell = SnapshotCell(snapshot)
    start = wallTime()
    guard let next = FlagSnapshot.compile(changed, file: "flags.json").snapshot else { return }
    print("10,000 flags: compile one changed flag", (wallTime() - start) / 1e6, "ms")
    start = wallTime()
    cell.publish(next)
    print("10,000 flags: publish", (wallTime() - start) / 1e6, "ms")
    start = wallTime()
    let keys = next.changedKeys(since: snapshot)
    print("10,000 flags: find the \(keys.count) changed", (wallTime() - start) / 1e6, "ms")
}
