import Synchronization

/// How often a snapshot's flags gave each of their variants. Counting takes no lock and no memory.
///
/// `@unchecked Sendable`: the counters are atomic, and nothing else changes after `init`.
public final class FlagCounters: @unchecked Sendable {
    /// Where each flag's counters begin; one more than there are flags.
    private let starts: [Int]
    private let counters: UnsafeMutableBufferPointer<Atomic<UInt64>>

    /// - Parameter variants: how many variants each flag has.
    init(variants: [Int]) {
        var starts = [0]
        starts.reserveCapacity(variants.count + 1)
        // One more, for answers without a variant.
        for count in variants { starts.append(starts[starts.count - 1] + count + 1) }
        self.starts = starts
        counters = .allocate(capacity: starts[starts.count - 1])
        for index in counters.indices { counters.initializeElement(at: index, to: Atomic(0)) }
    }

    deinit {
        counters.deinitialize()
        counters.deallocate()
    }

    /// Counts one more answer; -1 stands for none of the variants. What is out of range is not counted.
    public func count(flag: Int32, variant: Int32) {
        guard let index = index(flag, variant) else { return }
        counters[index].wrappingAdd(1, ordering: .relaxed)
    }

    /// Takes all counts, which begin anew; calls `body` for those that are not 0.
    public func drain(_ body: (_ flag: Int32, _ variant: Int32, _ count: UInt64) -> Void) {
        for flag in starts.indices.dropLast() {
            for index in starts[flag]..<starts[flag + 1] where counters[index].load(ordering: .relaxed) > 0 {
                body(Int32(flag), Int32(index - starts[flag]) - 1, counters[index].exchange(0, ordering: .relaxed))
            }
        }
    }

    private func index(_ flag: Int32, _ variant: Int32) -> Int? {
        guard flag >= 0, variant >= -1, Int(flag) + 1 < starts.count else { return nil }
        let index = starts[Int(flag)] + Int(variant) + 1
        return index < starts[Int(flag) + 1] ? index : nil
    }
}
