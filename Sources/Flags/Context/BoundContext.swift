/// A context made ready for the evaluations of one snapshot.
///
/// Keep one for each thread or event loop and bind it anew for every request: it reuses its memory.
public struct BoundContext: ~Copyable, @unchecked Sendable {  // Its memory is its own, and it cannot be copied.
    enum Source {
        case none
        case json(count: Int)
        case context(EvaluationContext)
    }

    /// The snapshot that it was bound for; 0 for none.
    var snapshot: UInt64 = 0
    /// One for each attribute that the snapshot's rules read.
    var slots: UnsafeMutablePointer<Slot>
    private var slotCapacity: Int
    /// The slots that hold something.
    private var filled: UnsafeMutablePointer<UInt16>
    private var filledCount = 0
    /// The texts of the slots.
    var arena: UnsafeMutablePointer<UInt8>
    private var arenaCapacity: Int
    var scratch = Scratch()
    var source = Source.none
    /// The context as a tree, once somebody asked for it.
    private var tree: (data: [FlagMember], largeIntegers: [LargeInteger])?

    public init() {
        slotCapacity = 64
        slots = .allocate(capacity: slotCapacity)
        slots.initialize(repeating: Slot(), count: slotCapacity)
        filled = .allocate(capacity: slotCapacity)
        arenaCapacity = 4096
        arena = .allocate(capacity: arenaCapacity)
    }

    deinit {
        slots.deallocate()
        filled.deallocate()
        arena.deallocate()
    }

    /// Forgets what was bound, and makes room.
    mutating func reset(slotCount: Int, bytes: Int) {
        snapshot = 0
        for index in 0..<filledCount { slots[Int(filled[index])] = Slot() }
        filledCount = 0
        slots[Int(Instruction.timestampSlot)] = Slot()
        if slotCount > slotCapacity { growSlots(slotCount) }
        if bytes > arenaCapacity { growArena(bytes) }
        if case .none = source { return }
        source = .none
        if tree != nil { tree = nil }
    }

    private mutating func growSlots(_ count: Int) {
        slots.deallocate()
        filled.deallocate()
        slotCapacity = count * 2
        slots = .allocate(capacity: slotCapacity)
        slots.initialize(repeating: Slot(), count: slotCapacity)
        filled = .allocate(capacity: slotCapacity)
    }

    private mutating func growArena(_ count: Int) {
        arena.deallocate()
        arenaCapacity = count * 2
        arena = .allocate(capacity: arenaCapacity)
    }

    @inline(__always)
    mutating func fill(_ slot: UInt16, _ value: Slot) {
        if slot == Instruction.constantSlot { return }
        if slots[Int(slot)].tag == Slot.Tag.none {
            if value.tag == Slot.Tag.none { return }
            filled[filledCount] = slot
            filledCount &+= 1
        }
        slots[Int(slot)] = value
        // A slot that is emptied again is listed twice when it is filled once more, so it must not be.
        if value.tag == Slot.Tag.none { unlist(slot) }
    }

    @inline(never)
    private mutating func unlist(_ slot: UInt16) {
        for index in 0..<filledCount where filled[index] == slot {
            filledCount -= 1
            filled[index] = filled[filledCount]
            return
        }
    }

    /// The whole context, for rules that only the tree can evaluate.
    mutating func members() -> (data: [FlagMember], largeIntegers: [LargeInteger]) {
        if let tree { return tree }
        var made: (data: [FlagMember], largeIntegers: [LargeInteger]) = ([], [])
        switch source {
        case .none: break
        case .context(let context):
            made.data = context.attributes
            made.data.append(FlagMember("targetingKey", context.targetingKey.map { .string($0) } ?? .null))
        case .json(let count):
            var reader = JSONReader(UnsafeRawBufferPointer(start: arena, count: count))
            if case .object(let members)? = try? reader.document() { made.data = members }
            made.largeIntegers = reader.largeIntegers
            if !made.data.contains(where: { $0.name == "targetingKey" }) {
                made.data.append(FlagMember("targetingKey", .null))
            }
        }
        made.data.removeAll { $0.name == "$flagd" }
        tree = made
        return made
    }
}
