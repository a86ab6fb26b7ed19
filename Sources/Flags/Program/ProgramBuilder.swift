/// Writes the program of a snapshot, flag by flag.
///
/// A rule is lowered to tests, jumps and answers. What it has no instruction for is left to the tree, as a whole or as
/// one test among others: it always means the same.
struct ProgramBuilder: ~Copyable {
    typealias Label = UInt32

    /// What to do with the value of a rule.
    enum Goal {
        /// Answer the variant that it names.
        case answer
        /// Go on at one of two labels; `next` stands right behind.
        case test(yes: Label, no: Label, next: Label)
    }

    let bucketing: Bucketing
    var heads: [Program.Head] = []
    var instructions: [Instruction] = []
    var splits: [Split] = []
    var shares: [Share] = []
    var pieces: [Operand] = []
    /// The first one is empty.
    var constants: [Slot] = [Slot()]
    var symbols: [UInt32] = []
    var versions: [FastVersionTest] = []
    var variantNames: [Slot] = []
    /// The first one is the context itself, the second the targeting key.
    var places: [Program.Place] = [Program.Place(hasChildren: true), Program.Place(slot: Instruction.targetingKeySlot)]
    /// The places of all slots from the first free one on.
    private var slotPlaces: [UInt32] = []
    var slotCount: Int { Instruction.firstSlot + slotPlaces.count }
    var rules: [Rule] = []
    /// The bytes of constants.
    var memory: [UnsafeRawPointer] = []
    var names = ByteTable()
    var texts = ByteTable()

    var labels: [UInt32] = []
    var flag: CompiledFlag
    private var textConstants: [UInt32] = []

    init(flags: [CompiledFlag], bucketing: Bucketing) {
        self.bucketing = bucketing
        flag = flags.first ?? CompiledFlag.placeholder
        names.add("targetingKey", number: 1)
        for flag in flags { add(flag) }
    }

    private mutating func add(_ flag: CompiledFlag) {
        self.flag = flag
        var head = Program.Head(
            start: UInt32(instructions.count), isConstant: true, constant: .disabled,
            otherwise: flag.defaultAnswer(reason: .default), firstVariant: UInt32(variantNames.count),
            variantCount: UInt32(flag.variants.count))
        for variant in flag.variants {
            // A variant without a name or a value is never answered.
            let isUsable = !variant.name.isEmpty && variant.value != .null
            variantNames.append(isUsable ? constants[Int(constant(.string(variant.name)))] : Slot())
        }
        if flag.isEnabled {
            if let targeting = flag.targeting {
                head.isConstant = false
                lower(targeting)
            } else {
                head.constant = flag.defaultAnswer(reason: .static)
            }
        }
        heads.append(head)
    }

    private mutating func lower(_ rule: Rule) {
        let (firstInstruction, firstSplit, firstShare) = (instructions.count, splits.count, shares.count)
        labels.removeAll(keepingCapacity: true)
        emit(rule, .answer)
        for index in firstInstruction..<instructions.count where instructions[index].code.jumps {
            instructions[index].target = labels[Int(instructions[index].target)]
        }
        for index in firstShare..<shares.count { shares[index].target = labels[Int(shares[index].target)] }
        for index in firstSplit..<splits.count {
            splits[index].noKey = labels[Int(splits[index].noKey)]
            splits[index].slow = labels[Int(splits[index].slow)]
        }
    }
}

// MARK: - Labels and instructions

extension ProgramBuilder {
    mutating func newLabel() -> Label {
        labels.append(0)
        return Label(labels.count - 1)
    }

    /// The label stands before the next instruction.
    mutating func put(_ label: Label) { labels[Int(label)] = UInt32(instructions.count) }

    mutating func jump(to label: Label, next: Label) {
        if label != next { instructions.append(Instruction(code: .jump, target: label)) }
    }

    /// A test that goes on at `yes` or `no`.
    mutating func test(_ instruction: Instruction, yes: Label, no: Label, next: Label) {
        var instruction = instruction
        instruction.sense = next != no
        instruction.target = next == no ? yes : no
        instructions.append(instruction)
        if next != no { jump(to: yes, next: next) }
    }

    mutating func fail(_ code: FlagErrorCode) {
        instructions.append(Instruction(code: .fail, other: UInt32(code.rawValue)))
    }

    /// Leaves a rule to the tree.
    mutating func leave(_ rule: Rule, _ goal: Goal) {
        rules.append(rule)
        let index = UInt32(rules.count - 1)
        switch goal {
        case .answer: instructions.append(Instruction(code: .answerRule, other: index))
        case .test(let yes, let no, let next):
            test(Instruction(code: .rule, other: index), yes: yes, no: no, next: next)
        }
    }
}

// MARK: - Constants and operands

extension ProgramBuilder {
    /// The index of a constant.
    mutating func constant(_ value: FlagValue) -> UInt32 {
        switch value {
        case .null, .list, .object: return 0
        case .bool(let flag): constants.append(.bool(flag))
        case .integer(let number): constants.append(.integer(number))
        case .number(let number): constants.append(.number(number))
        case .string(let text): return textConstant(text)
        }
        return UInt32(constants.count - 1)
    }

    private mutating func textConstant(_ text: String) -> UInt32 {
        if let number = texts.find(text) { return textConstants[Int(number - Slot.Symbol.first)] }
        let symbol = Slot.Symbol.first + UInt32(textConstants.count)
        texts.add(text, number: symbol)
        let index = bytesConstant(Array(text.utf8), symbol: symbol)
        textConstants.append(index)
        return index
    }

    mutating func bytesConstant(_ bytes: [UInt8], symbol: UInt32 = Slot.Symbol.none) -> UInt32 {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(bytes.count, 1), alignment: 8)
        copy.copyMemory(from: bytes, byteCount: bytes.count)
        memory.append(UnsafeRawPointer(copy))
        constants.append(.bytes(Slot.Tag.string, UnsafeRawPointer(copy), bytes.count, symbol: symbol))
        return UInt32(constants.count - 1)
    }

    /// A rule as an operand; `nil` when it must be calculated.
    mutating func operand(_ rule: Rule) -> Operand? {
        switch rule {
        case .value(.list), .value(.object), .list, .unknown: return nil
        case .value(let value): return Operand(constant: constant(value))
        case .call(let known, let arguments):
            guard known.name == Operator.variable.name, let path = rule.path else { return nil }
            var otherwise: UInt32 = 0
            if arguments.count > 1 {
                guard case .value(let value) = arguments[1], !value.isComposite else { return nil }
                otherwise = constant(value)
            }
            if path.first == "$flagd" {
                if path == ["$flagd", "flagKey"] { return Operand(constant: constant(.string(flag.key))) }
                return path == ["$flagd", "timestamp"] ? Operand(slot: Instruction.timestampSlot) : nil
            }
            return slot(path).map { Operand(slot: $0, constant: otherwise) }
        }
    }

    /// The slot of an attribute; `nil` for a path that may lead into a list or a text, and when there are too many.
    private mutating func slot(_ path: [String]) -> UInt16? {
        let isPlain = path.dropFirst().allSatisfy {
            $0 != "length" && !($0.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } ?? false)
        }
        guard isPlain, path.count < 32 else { return nil }
        var place: UInt32 = 0
        for name in path {
            places[Int(place)].hasChildren = true
            if let known = names.find(name, owner: place) {
                place = known
            } else {
                places.append(Program.Place(parent: place))
                names.add(name, owner: place, number: UInt32(places.count - 1))
                place = UInt32(places.count - 1)
            }
        }
        if places[Int(place)].slot == Instruction.constantSlot {
            guard slotCount < Int(UInt16.max) else { return nil }
            places[Int(place)].slot = UInt16(slotCount)
            slotPlaces.append(place)
        }
        return places[Int(place)].slot
    }

    /// From now on the texts of this slot are looked up when a context is bound.
    mutating func needSymbol(_ slot: UInt16) {
        if slot == Instruction.targetingKeySlot { places[1].needsSymbol = true }
        if slot >= Instruction.firstSlot {
            places[Int(slotPlaces[Int(slot) - Instruction.firstSlot])].needsSymbol = true
        }
    }
}

extension Instruction.Code {
    /// Whether `target` means something.
    var jumps: Bool {
        switch self {
        case .split, .answer, .answerDefault, .answerNamed, .answerRule, .fail: false
        default: true
        }
    }
}

extension Rule {
    /// The names on the way to an attribute, where this is `var` with a path that is known.
    var path: [String]? {
        guard case .call(let known, let arguments) = self, known.name == Operator.variable.name,
            case .value(.string(let path)) = arguments.first, !path.isEmpty
        else { return nil }
        return path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether it can end with an error.
    var canFail: Bool {
        switch self {
        case .value: false
        case .unknown: true
        case .list(let rules), .call(_, let rules): rules.contains { $0.canFail }
        }
    }
}
