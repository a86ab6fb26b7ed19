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
    private var made: ContextTree?
    /// For each place of attributes with attributes of their own, what was found below it.
    private var branches: UnsafeMutablePointer<Branch>
    private var branchCapacity: Int
    /// A number of its own for every bind: what a branch has of another one does not count.
    private var generation: UInt32 = 0

    /// Memory beyond this is given back with the next smaller context.
    static let keptBytes = 256 * 1024

    private struct Branch {
        var generation: UInt32 = 0
        /// The first place below that was filled; 0 for none.
        var first: UInt32 = 0
        /// The next place that was filled below the same one.
        var next: UInt32 = 0
        var isListed = false
    }

    public init() {
        slotCapacity = 64
        slots = .allocate(capacity: slotCapacity)
        slots.initialize(repeating: Slot(), count: slotCapacity)
        filled = .allocate(capacity: slotCapacity)
        arenaCapacity = 4096
        arena = .allocate(capacity: arenaCapacity)
        branchCapacity = 64
        branches = .allocate(capacity: branchCapacity)
        branches.initialize(repeating: Branch(), count: branchCapacity)
    }

    deinit {
        branches.deallocate()
        slots.deallocate()
        filled.deallocate()
        arena.deallocate()
    }

    /// Forgets what was bound, and makes room.
    mutating func reset(slotCount: Int, placeCount: Int, bytes: Int) {
        snapshot = 0
        for index in 0..<filledCount { slots[Int(filled[index])] = Slot() }
        filledCount = 0
        slots[Int(Instruction.timestampSlot)] = Slot()
        if slotCount > slotCapacity { growSlots(slotCount) }
        if placeCount > branchCapacity { growBranches(placeCount) }
        if bytes > arenaCapacity || arenaCapacity > BoundContext.keptBytes { fitArena(bytes) }
        generation &+= 1
        if generation == 0 { growBranches(branchCapacity) }
        if case .none = source { return }
        source = .none
        if made != nil { made = nil }
    }

    private mutating func growSlots(_ count: Int) {
        slots.deallocate()
        filled.deallocate()
        slotCapacity = count * 2
        slots = .allocate(capacity: slotCapacity)
        slots.initialize(repeating: Slot(), count: slotCapacity)
        filled = .allocate(capacity: slotCapacity)
    }

    private mutating func growBranches(_ count: Int) {
        branches.deallocate()
        branchCapacity = count
        branches = .allocate(capacity: branchCapacity)
        branches.initialize(repeating: Branch(), count: branchCapacity)
        generation = 1
    }

    /// Room for so many bytes; a large context's room is not kept for small ones.
    @inline(never)
    private mutating func fitArena(_ count: Int) {
        scratch.shrink(to: BoundContext.keptBytes)
        guard count > arenaCapacity || count <= BoundContext.keptBytes else { return }
        arena.deallocate()
        arenaCapacity = count > BoundContext.keptBytes ? count : min(max(count * 2, 4096), BoundContext.keptBytes)
        arena = .allocate(capacity: arenaCapacity)
    }

    @inline(__always)
    mutating func fill(_ slot: UInt16, _ value: Slot) {
        if slot == Instruction.constantSlot { return }
        let known = slots[Int(slot)]
        if known.tag == Slot.Tag.none, known.bits != Slot.emptied.bits {
            if value.tag == Slot.Tag.none { return }
            filled[filledCount] = slot
            filledCount &+= 1
        }
        slots[Int(slot)] = value.tag == Slot.Tag.none ? Slot.emptied : value
    }

    /// Notes that an attribute lies below another one.
    mutating func list(_ place: UInt32, below owner: UInt32) {
        if branches[Int(place)].generation != generation { branches[Int(place)] = Branch(generation: generation) }
        if branches[Int(place)].isListed { return }
        branches[Int(place)].isListed = true
        branches[Int(place)].next = branches[Int(owner)].first
        branches[Int(owner)].first = place
    }

    /// An attribute with attributes of its own begins. One that is there twice: what was below the first one does not count.
    mutating func begin(_ place: UInt32, _ program: Program) {
        if branches[Int(place)].generation != generation {
            branches[Int(place)] = Branch(generation: generation)
        } else {
            clear(below: place, program)
        }
    }

    /// Takes as long as it took to fill what is emptied here.
    private mutating func clear(below owner: UInt32, _ program: Program) {
        var place = branches[Int(owner)].first
        branches[Int(owner)].first = 0
        while place != 0 {
            let next = branches[Int(place)].next
            branches[Int(place)].isListed = false
            fill(program.places[Int(place)].slot, Slot())
            clear(below: place, program)
            place = next
        }
    }

    /// How much memory it holds, in bytes.
    var capacity: Int { arenaCapacity }

    /// The whole context, for rules that only the tree can evaluate.
    mutating func tree() -> ContextTree {
        if let made { return made }
        var members: [FlagMember] = []
        var largeIntegers = LargeIntegers()
        switch source {
        case .none: break
        case .context(let context):
            members = context.attributes
            members.append(FlagMember("targetingKey", context.targetingKey.map { .string($0) } ?? .null))
        case .json(let count):
            var reader = JSONReader(UnsafeRawBufferPointer(start: arena, count: count))
            if case .object(let read)? = try? reader.document() { members = read }
            largeIntegers = reader.largeIntegers
            if !members.contains(where: { $0.name == "targetingKey" }) {
                members.append(FlagMember("targetingKey", .null))
            }
        }
        members.removeAll { $0.name == "$flagd" }
        let tree = ContextTree(members, largeIntegers)
        made = tree
        return tree
    }
}
