/// How much one evaluation by the tree may still do: a rule is small, but what it makes of a context need not be.
///
/// Who runs out of it ends with the error `general`. The compiled program needs none: it only goes forwards.
final class EvaluationBudget {
    /// Calls, items that are gone through, and every 64 bytes of text that are read.
    static let steps = 1_000_000
    /// Bytes of text that are made.
    static let bytes = 1_000_000
    /// Lists within lists: a context has at most 100 levels, and so has a rule.
    static let depth = 250

    private var steps = EvaluationBudget.steps
    private var bytes = EvaluationBudget.bytes

    /// Another evaluation begins.
    func refill() {
        steps = EvaluationBudget.steps
        bytes = EvaluationBudget.bytes
    }

    func take(_ count: Int = 1) throws(FlagErrorCode) {
        steps -= count
        if steps < 0 { throw .general }
    }

    func take(bytes count: Int) throws(FlagErrorCode) {
        bytes -= count
        if bytes < 0 { throw .general }
    }

    /// Pays for going through a value as a whole, and finds out whether it is nested too deeply for that.
    ///
    /// Not the same as its memory: a list that holds another one twice shares it, but who reads it reads it twice.
    func take(walkOf value: FlagValue, depth: Int = 0) throws(FlagErrorCode) {
        switch value {
        case .null, .bool, .integer, .number: return
        case .string(let text): try take(text.utf8.count >> 6)
        case .list(let items):
            if depth == EvaluationBudget.depth { throw .general }
            try take(1 + items.count >> 3)
            for item in items { try take(walkOf: item, depth: depth + 1) }
        case .object(let members):
            if depth == EvaluationBudget.depth { throw .general }
            try take(1 + members.count >> 2)
            for member in members {
                try take(member.name.utf8.count >> 6)
                try take(walkOf: member.value, depth: depth + 1)
            }
        }
    }

    /// Pays for the text of values, which is at most so long.
    func take(textOf values: [FlagValue]) throws(FlagErrorCode) {
        for value in values {
            switch value {
            case .null: break
            case .bool, .integer, .number, .object: try take(bytes: 25)
            case .string(let text): try take(bytes: text.utf8.count)
            case .list(let items):
                try take(bytes: items.count)
                try take(textOf: items)
            }
        }
    }
}
