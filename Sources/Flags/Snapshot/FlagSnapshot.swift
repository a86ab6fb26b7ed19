import Synchronization
public import Values

/// A flag set, compiled: it never changes, so that any number of threads can read it at once.
public final class FlagSnapshot: Sendable {
    /// Another number for every snapshot of the process.
    let identity: UInt64
    let flags: [CompiledFlag]
    let indices: ByteTable
    let program: Program
    /// How many flags there are; their indices are 0 and up.
    public let count: Int
    public let bucketing: Bucketing
    /// The set's metadata.
    public let metadata: [FlagMember]
    /// The set as strict flagd JSON, as sync clients get it.
    public let syncPayload: [UInt8]
    /// Where the shared rules are in `syncPayload`; `nil` when there are none.
    let sharedSource: Range<Int>?
    /// A text that is the same for sets of the same content and bucketing, and only for those.
    public let etag: String
    /// How often its flags were evaluated; whoever answers counts.
    public let counters: FlagCounters

    private static let identities = Atomic<UInt64>(0)

    init(
        flags: [CompiledFlag], bucketing: Bucketing, metadata: [FlagMember], syncPayload: [UInt8],
        sharedSource: Range<Int>? = nil
    ) {
        identity = FlagSnapshot.identities.wrappingAdd(1, ordering: .relaxed).newValue
        self.flags = flags
        self.bucketing = bucketing
        self.metadata = metadata
        self.syncPayload = syncPayload
        self.sharedSource = sharedSource
        counters = FlagCounters(variants: flags.map(\.variants.count))
        var indices = ByteTable()
        for (index, flag) in flags.enumerated() { indices.add(flag.key, number: UInt32(index)) }
        self.indices = indices
        count = flags.count
        program = Program(ProgramBuilder(flags: flags, bucketing: bucketing))
        etag = "\(Fingerprint(syncPayload + Array(bucketing.rawValue.utf8)))"
    }

    /// A set without flags.
    public static let empty = FlagSnapshot(
        flags: [], bucketing: .v3, metadata: [], syncPayload: Array(#"{"flags":{}}"#.utf8))
}

// MARK: - Evaluating

extension FlagSnapshot {
    /// The index of a flag; `nil` when there is none with this key.
    public func index(of key: String) -> Int32? {
        indices.find(key).map { Int32(truncatingIfNeeded: $0) }
    }

    /// The index of a flag whose key is UTF-8.
    public func index(of key: UnsafeRawBufferPointer) -> Int32? {
        guard let bytes = key.baseAddress else { return nil }
        return indices.find(bytes, key.count).map { Int32(truncatingIfNeeded: $0) }
    }

    /// Evaluates a flag: no lock, and no allocation unless its rule needs one of the rare operators on lists or texts.
    ///
    /// - Parameters:
    ///   - flag: An index that this snapshot gave.
    ///   - context: Bound by this very snapshot; the answer is a general error when another one did.
    ///   - now: What `$flagd.timestamp` is.
    public func evaluate(_ flag: Int32, in context: inout BoundContext, at now: Timestamp) -> Resolution {
        guard flag >= 0, flag < count else { return .failed(.flagNotFound) }
        let head = program.heads[Int(flag)]
        if head.isConstant { return head.constant }
        guard context.snapshot == identity else { return .failed(.general) }
        context.slots[Int(Instruction.timestampSlot)] = .integer(now.wholeSeconds)
        return run(head, flag, &context, now)
    }

    @inline(__always)
    private func run(_ head: Program.Head, _ flag: Int32, _ context: inout BoundContext, _ now: Timestamp) -> Resolution
    {
        var request: UInt32 = 0
        var place = Int(head.start)
        while true {
            switch program.run(head, &place, &request, context.slots, &context.scratch) {
            case .done(let resolution): return resolution
            case .tree:
                let rule = program.rules[Int(request)]
                do throws(FlagErrorCode) {
                    let value = try rule.value(in: scope(of: flags[Int(flag)], &context, now))
                    if let resolution = program.resume(value, head, &place) { return resolution }
                } catch {
                    return .failed(error)
                }
            }
        }
    }

    /// What the tree evaluates a flag with; for one evaluation, whose budget is full.
    func scope(of flag: CompiledFlag, _ context: inout BoundContext, _ now: Timestamp) -> Scope {
        let tree = context.tree()
        tree.budget.refill()
        let own = FlagMember("$flagd", ["flagKey": .string(flag.key), "timestamp": .integer(now.wholeSeconds)])
        return Scope(tree, own: own, flagKey: flag.key, bucketing: bucketing)
    }
}

extension Timestamp {
    /// Seconds since the epoch, rounded down, as `$flagd.timestamp` has them.
    var wholeSeconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }
}
