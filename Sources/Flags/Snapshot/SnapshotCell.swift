public import Synchronization

/// The current snapshot: many threads read it at once, one replaces it in one atomic step, and nobody waits for anybody.
///
/// A reader announces itself on a line of its own while it reads; no reference is counted. A snapshot that was replaced is
/// freed once every line has been seen without readers since.
public final class SnapshotCell: Sendable {
    /// The address of the current snapshot, which the cell owns.
    @usableFromInline let current: Atomic<UInt>
    @usableFromInline let lines: ReaderLines
    private let retired = Mutex<[Retired]>([])

    /// A snapshot that may still be read from the lines in `pending`.
    private struct Retired {
        var address: UInt
        var pending: UInt64
    }

    public init(_ snapshot: FlagSnapshot = .empty) {
        current = Atomic(SnapshotCell.address(owning: snapshot))
        lines = ReaderLines()
    }

    deinit {
        SnapshotCell.release(current.load(ordering: .acquiring))
        retired.withLock { for old in $0 { SnapshotCell.release(old.address) } }
    }

    private static func address(owning snapshot: FlagSnapshot) -> UInt {
        UInt(bitPattern: Unmanaged.passRetained(snapshot).toOpaque())
    }

    private static func release(_ address: UInt) {
        guard let pointer = UnsafeRawPointer(bitPattern: address) else { return }
        Unmanaged<FlagSnapshot>.fromOpaque(pointer).release()
    }

    /// Makes a snapshot the current one for all reads that begin from now on.
    public func publish(_ snapshot: FlagSnapshot) {
        retired.withLock { retired in
            let old = current.exchange(SnapshotCell.address(owning: snapshot), ordering: .sequentiallyConsistent)
            retired.append(Retired(address: old, pending: .max))
            // Readers are short: a few looks free nearly all. What is left is looked at when the next one is published.
            for _ in 0..<64 where !retired.isEmpty {
                for index in retired.indices { retired[index].pending &= lines.busy(among: retired[index].pending) }
                for index in retired.indices.reversed() where retired[index].pending == 0 {
                    SnapshotCell.release(retired.remove(at: index).address)
                }
            }
        }
    }

    /// Calls `body` with the current snapshot. Keep it short: what is being read is kept in memory.
    @inlinable
    public func read<Result, Failure: Error>(
        _ body: (FlagSnapshot) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let line = ReaderLines.line()
        lines.enter(line)
        defer { lines.leave(line) }
        let address = current.load(ordering: .sequentiallyConsistent)
        // The cell always owns a snapshot.
        let pointer = UnsafeRawPointer(bitPattern: address).unsafelyUnwrapped
        // Without a count of its own: the reader's line keeps the snapshot alive.
        let outcome: Swift.Result<Result, Failure> = Unmanaged<FlagSnapshot>.fromOpaque(pointer)
            ._withUnsafeGuaranteedRef { snapshot in
                do throws(Failure) { return .success(try body(snapshot)) } catch { return .failure(error) }
            }
        return try outcome.get()
    }

    /// The current snapshot, to keep as long as it is needed.
    public var snapshot: FlagSnapshot { read { $0 } }
}

/// How many readers there are, spread over cache lines by thread so that they do not disturb each other.
@usableFromInline
struct ReaderLines: ~Copyable, @unchecked Sendable {  // The counters are atomic, the pointer never changes.
    @usableFromInline static let stride = 128
    private static let count = 64
    @usableFromInline let counters: UnsafeMutableRawPointer

    init() {
        counters = .allocate(byteCount: ReaderLines.stride * ReaderLines.count, alignment: ReaderLines.stride)
        for line in 0..<ReaderLines.count {
            (counters + line * ReaderLines.stride).bindMemory(to: Atomic<Int>.self, capacity: 1).initialize(
                to: Atomic(0))
        }
    }

    deinit { counters.deallocate() }

    /// A thread's line follows from where its stack is.
    @inlinable @inline(__always)
    static func line() -> Int {
        var here: UInt8 = 0
        let address = withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
        return Int(truncatingIfNeeded: ((address >> 18) &* 0x9e37_79b9_7f4a_7c15) >> 58)
    }

    @inlinable @inline(__always)
    func counter(_ line: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        (counters + line &* ReaderLines.stride).assumingMemoryBound(to: Atomic<Int>.self)
    }

    @inlinable @inline(__always)
    func enter(_ line: Int) {
        counter(line).pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    @inlinable @inline(__always)
    func leave(_ line: Int) {
        counter(line).pointee.wrappingSubtract(1, ordering: .releasing)
    }

    /// Those of the lines that have readers at this moment.
    func busy(among lines: UInt64) -> UInt64 {
        var busy: UInt64 = 0
        for line in 0..<ReaderLines.count where lines & 1 << UInt64(line) != 0 {
            if counter(line).pointee.load(ordering: .sequentiallyConsistent) != 0 { busy |= 1 << UInt64(line) }
        }
        return busy
    }
}
