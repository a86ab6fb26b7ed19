/// The compiled rules of all flags of a snapshot, in flat memory that is never written again.
///
/// `ProgramBuilder` makes every index valid before a `Program` exists; the machine relies on that and checks none again.
final class Program: @unchecked Sendable {  // Written in `init` only, freed in `deinit` only.
    /// Where a flag begins, or its answer if it is the same for everybody.
    struct Head {
        var start: UInt32
        var isConstant: Bool
        var constant: Resolution
        /// What it answers when its rule has no answer.
        var otherwise: Resolution
        var firstVariant: UInt32
        var variantCount: UInt32
    }

    /// A place in the tree of attribute names that rules read.
    struct Place {
        /// 0 for none.
        var slot: UInt16 = Instruction.constantSlot
        var hasChildren = false
        /// Whether a rule compares the value with texts that it mentions.
        var needsSymbol = false
        var parent: UInt32 = 0
    }

    let heads: UnsafePointer<Head>
    let instructions: UnsafePointer<Instruction>
    let splits: UnsafePointer<Split>
    let shares: UnsafePointer<Share>
    let pieces: UnsafePointer<Operand>
    let constants: UnsafePointer<Slot>
    let symbols: UnsafePointer<UInt32>
    let versions: UnsafePointer<FastVersionTest>
    /// The names of variants that can be answered, by flag.
    let variantNames: UnsafePointer<Slot>
    let places: UnsafePointer<Place>
    let placeCount: Int
    let slotCount: Int
    /// From the names of attributes to places; the owner is the place that they are in.
    let names: ByteTable
    /// From texts that rules mention to symbols.
    let texts: ByteTable
    /// Rules that are left to the tree.
    let rules: [Rule]
    private let memory: [UnsafeRawPointer]

    init(_ builder: consuming ProgramBuilder) {
        heads = Program.frozen(builder.heads)
        instructions = Program.frozen(builder.instructions)
        splits = Program.frozen(builder.splits)
        shares = Program.frozen(builder.shares)
        pieces = Program.frozen(builder.pieces)
        constants = Program.frozen(builder.constants)
        symbols = Program.frozen(builder.symbols)
        versions = Program.frozen(builder.versions)
        variantNames = Program.frozen(builder.variantNames)
        places = Program.frozen(builder.places)
        placeCount = builder.places.count
        slotCount = builder.slotCount
        rules = builder.rules
        memory = builder.memory
        names = builder.names
        texts = builder.texts
    }

    private static func frozen<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memory.initialize(from: base, count: source.count) }
        }
        return UnsafePointer(memory)
    }

    deinit {
        for piece in memory { piece.deallocate() }
        heads.deallocate()
        instructions.deallocate()
        splits.deallocate()
        shares.deallocate()
        pieces.deallocate()
        constants.deallocate()
        symbols.deallocate()
        versions.deallocate()
        variantNames.deallocate()
        places.deallocate()
    }
}
