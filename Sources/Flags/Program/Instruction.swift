/// One step of a compiled rule. Tests go on behind themselves when they hold as `sense` says, else at `target`.
struct Instruction {
    enum Code: UInt8 {
        // Tests
        /// Whether a slot is the text with the symbol `count`; `otherSlot` is 1 where `==` converts other kinds first.
        case isText
        case isOneOfTexts
        case isTruthy
        case looselyEqual
        case strictlyEqual
        case less
        case lessOrEqual
        case startsWith
        case endsWith
        case holds
        case version
        /// Truthiness of a rule that only the tree can evaluate.
        case rule
        // Steps
        case jump
        case split
        // Ends
        case answer
        case answerDefault
        case answerNamed
        case answerRule
        case fail
    }

    var code: Code
    /// Whether a test must hold, or must not.
    var sense = true
    /// The slot of the first operand; `constantSlot` for none.
    var slot: UInt16 = Instruction.constantSlot
    /// The slot of the second operand.
    var otherSlot: UInt16 = Instruction.constantSlot
    /// The constant that counts when the first slot is empty.
    var constant: UInt32 = 0
    /// The constant that counts when the second slot is empty; or a symbol, an index of a table, a variant.
    var other: UInt32 = 0
    /// How many entries of a table.
    var count: UInt32 = 0
    var target: UInt32 = 0

    /// No slot: always empty.
    static let constantSlot: UInt16 = 0
    static let targetingKeySlot: UInt16 = 1
    static let timestampSlot: UInt16 = 2
    static let firstSlot = 3
}

/// A `fractional` whose shares are known.
struct Split {
    enum Key {
        /// The flag's key and the targeting key.
        static let usual: UInt8 = 0
        /// The value of a slot.
        static let slot: UInt8 = 1
        /// A text of several pieces.
        static let pieces: UInt8 = 2
    }

    var key: UInt8
    /// Whether canonical CBOR is hashed, rather than raw text.
    var isCanonical: Bool
    var slot: UInt16 = Instruction.constantSlot
    var constant: UInt32 = 0
    /// The pieces of the key: operands in the table `pieces`.
    var firstPiece: UInt32 = 0
    var pieceCount: UInt32 = 0
    /// The constant with the bytes that the usual key begins with.
    var prefix: UInt32 = 0
    var total: UInt32
    /// Shares in the table `shares`.
    var firstShare: UInt32
    var shareCount: UInt32
    /// Where it goes on when there is no key.
    var noKey: UInt32 = 0
    /// Where the tree takes over, for keys that are lists, objects or the like.
    var slow: UInt32 = 0
}

/// The end of a share, and where it goes on for those who are in it.
struct Share {
    var end: UInt32
    var target: UInt32
}

/// A value from a slot, or else a constant.
struct Operand {
    var slot: UInt16 = Instruction.constantSlot
    var constant: UInt32 = 0
}
