extension ProgramBuilder {
    /// Writes a rule, to one end or another.
    mutating func emit(_ rule: Rule, _ goal: Goal) {
        switch rule {
        case .value(let value): emit(value, goal)
        case .unknown: fail(.parseError)
        case .list: leave(rule, goal)
        case .call(let known, let arguments):
            switch known.name {
            case "if", "?:": choose(arguments, goal)
            case "fractional": split(rule, arguments, goal)
            default:
                if case .test(let yes, let no, let next) = goal {
                    test(rule, known.name, arguments, yes: yes, no: no, next: next)
                } else if rule.isBoolean {
                    answerBoolean(rule)
                } else if known.name == "var", let operand = operand(rule) {
                    instructions.append(
                        Instruction(code: .answerNamed, slot: operand.slot, constant: operand.constant))
                } else {
                    leave(rule, goal)
                }
            }
        }
    }

    /// The index of a rule that the tree evaluates where an instruction cannot.
    mutating func left(_ rule: Rule) -> UInt32 {
        rules.append(rule)
        return UInt32(rules.count - 1)
    }

    private mutating func emit(_ value: FlagValue, _ goal: Goal) {
        switch goal {
        case .test(let yes, let no, let next): jump(to: value.isTruthy ? yes : no, next: next)
        case .answer:
            let answer = flag.answer(value)
            if value == .null {
                instructions.append(Instruction(code: .answerDefault))
            } else if let error = answer.error {
                fail(error)
            } else {
                instructions.append(Instruction(code: .answer, other: UInt32(answer.variant)))
            }
        }
    }

    private mutating func answerBoolean(_ rule: Rule) {
        let (yes, no) = (newLabel(), newLabel())
        emit(rule, .test(yes: yes, no: no, next: yes))
        put(yes)
        emit(.bool(true), .answer)
        put(no)
        emit(.bool(false), .answer)
    }

    private mutating func choose(_ arguments: [Rule], _ goal: Goal) {
        var index = 0
        // An inner value never falls through: what is behind it belongs to the next condition.
        let inner = goal.withoutNext(newLabel())
        while index + 1 < arguments.count {
            let (then, otherwise) = (newLabel(), newLabel())
            emit(arguments[index], .test(yes: then, no: otherwise, next: then))
            put(then)
            emit(arguments[index + 1], inner)
            put(otherwise)
            index += 2
        }
        emit(index < arguments.count ? arguments[index] : .value(.null), goal)
    }

    private mutating func test(
        _ rule: Rule, _ name: String, _ arguments: [Rule], yes: Label, no: Label, next: Label
    ) {
        switch name {
        case "!": return emit(arguments.rule(0), .test(yes: no, no: yes, next: next))
        case "!!": return emit(arguments.rule(0), .test(yes: yes, no: no, next: next))
        case "!=", "!==":
            if let instruction = comparison(name == "!=" ? "==" : "===", arguments.rule(0), arguments.rule(1)) {
                return test(instruction, yes: no, no: yes, next: next)
            }
        case "and", "or":
            for argument in arguments.dropLast() {
                let more = newLabel()
                emit(argument, .test(yes: name == "and" ? more : yes, no: name == "and" ? no : more, next: more))
                put(more)
            }
            return emit(arguments.last ?? .value(.null), .test(yes: yes, no: no, next: next))
        case "<" where arguments.count > 2, "<=" where arguments.count > 2:
            guard !arguments[1].canFail, !arguments[2].canFail,
                let first = comparison(name, arguments[0], arguments[1]),
                let second = comparison(name, arguments[1], arguments[2])
            else { break }
            let more = newLabel()
            test(first, yes: more, no: no, next: more)
            put(more)
            return test(second, yes: yes, no: no, next: next)
        case "var":
            if let operand = operand(rule) {
                let instruction = Instruction(code: .isTruthy, slot: operand.slot, constant: operand.constant)
                return test(instruction, yes: yes, no: no, next: next)
            }
        case "in":
            if testContains(arguments, yes: yes, no: no, next: next) { return }
        default:
            if let instruction = simpleTest(rule, name, arguments) {
                return test(instruction, yes: yes, no: no, next: next)
            }
        }
        leave(rule, .test(yes: yes, no: no, next: next))
    }

    /// Operators that one instruction does, and those that are its opposite.
    private mutating func simpleTest(_ rule: Rule, _ name: String, _ arguments: [Rule]) -> Instruction? {
        switch name {
        case "==", "===", "<", "<=": comparison(name, arguments.rule(0), arguments.rule(1))
        case ">": comparison("<", arguments.rule(1), arguments.rule(0))
        case ">=": comparison("<=", arguments.rule(1), arguments.rule(0))
        case "starts_with": textTest(.startsWith, arguments)
        case "ends_with": textTest(.endsWith, arguments)
        case "sem_ver": versionTest(rule, arguments)
        default: nil
        }
    }
}

extension ProgramBuilder.Goal {
    /// The same goal for a rule behind which something else stands.
    func withoutNext(_ nowhere: ProgramBuilder.Label) -> ProgramBuilder.Goal {
        switch self {
        case .answer: .answer
        case .test(let yes, let no, _): .test(yes: yes, no: no, next: nowhere)
        }
    }
}

extension [Rule] {
    func rule(_ index: Int) -> Rule { index < count ? self[index] : .value(.null) }
}

extension Rule {
    /// Whether its value is always true or false.
    var isBoolean: Bool {
        guard case .call(let known, let arguments) = self else {
            if case .value(.bool) = self { return true }
            return false
        }
        switch known.name {
        case "!", "!!", "==", "!=", "===", "!==", "<", "<=", ">", ">=", "in": return true
        case "and", "or": return !arguments.isEmpty && arguments.allSatisfy(\.isBoolean)
        default: return false
        }
    }
}
