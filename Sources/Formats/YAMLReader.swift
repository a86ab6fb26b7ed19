import Documents
import Yams

/// Reads YAML 1.2 (core schema) through Yams' composer.
struct YAMLReader {
    /// How many values a file may have beyond one for each of its bytes. Aliases count every time they are used, so that a
    /// small file cannot become a huge document.
    static let nodeAllowance = 100_000
    static let depthLimit = 128

    private let log: IssueLog
    private var nodesLeft: Int
    private var isOverBudget: Bool { nodesLeft < 0 }

    private init(log: IssueLog, nodeBudget: Int) {
        self.log = log
        nodesLeft = nodeBudget
    }

    static func read(_ text: String, file: String) -> (nodes: [Documents.Node], issues: [DocumentIssue]) {
        let log = IssueLog(file: file)
        var nodes: [Documents.Node] = []
        if let issue = complexKeyIssue(in: text, file: file) { return ([], [issue]) }
        do {
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            while let root = try parser.nextRoot() {
                var reader = YAMLReader(log: log, nodeBudget: nodeAllowance + text.utf8.count)
                guard let node = reader.convert(root, depth: 0), !reader.isOverBudget else { continue }
                // An empty document, as before the first `---`, is none.
                if node.value != .null { nodes.append(node) }
            }
        } catch {
            log.append(syntaxIssue(error, text: text, file: file))
        }
        return (log.hasErrors ? [] : nodes, log.issues)
    }

    private mutating func convert(_ node: Yams.Node, depth: Int) -> Documents.Node? {
        let position = Position(line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
        nodesLeft -= 1
        if isOverBudget {
            if nodesLeft == -1 { report("the aliases stand for too many values", at: position, hint: "write them out") }
            return nil
        }
        guard depth < YAMLReader.depthLimit else {
            report("nested deeper than \(YAMLReader.depthLimit) levels", at: position)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return scalarValue(scalar, at: position).map { Documents.Node($0, at: position) }
        case .sequence(let items):
            var converted: [Documents.Node] = []
            for item in items {
                if let node = convert(item, depth: depth + 1) { converted.append(node) }
                if isOverBudget { return nil }
            }
            return Documents.Node(.sequence(converted), at: position)
        case .mapping(let mapping):
            return entries(of: mapping, depth: depth + 1).map { Documents.Node(.mapping($0), at: position) }
        case .alias:
            report("an alias that stands for nothing", at: position)
            return nil
        }
    }

    private mutating func entries(of mapping: Yams.Node.Mapping, depth: Int) -> [Documents.Node.Entry]? {
        var entries: [Documents.Node.Entry] = []
        var places: [String: Position] = [:]
        var merged: [Documents.Node.Entry] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                report("a key that is no text", at: Position(line: key.mark?.line ?? 0, column: key.mark?.column ?? 0))
                continue
            }
            let position = Position(line: scalar.mark?.line ?? 0, column: scalar.mark?.column ?? 0)
            let converted = convert(value, depth: depth)
            if isOverBudget { return nil }
            guard let converted else { continue }
            if scalar.string == "<<", scalar.style == .plain {
                merged += mergedEntries(converted)
            } else if let first = places[scalar.string] {
                log.append(duplicateKeyIssue(scalar.string, file: log.file, at: position, first: first))
            } else {
                places[scalar.string] = position
                entries.append(Documents.Node.Entry(scalar.string, at: position, converted))
            }
        }
        // What is written here wins over what is merged in, and earlier merges over later ones.
        for entry in merged where places[entry.key] == nil {
            places[entry.key] = entry.keyPosition
            entries.append(entry)
        }
        return entries
    }

    private func mergedEntries(_ node: Documents.Node) -> [Documents.Node.Entry] {
        switch node.value {
        case .mapping(let entries): return entries
        case .sequence(let items):
            return items.flatMap { mergedEntries($0) }
        default:
            report("'<<' takes in a mapping, or a list of mappings", at: node.position)
            return []
        }
    }

    private func scalarValue(_ scalar: Yams.Node.Scalar, at position: Position) -> Documents.Node.Value? {
        let tag = scalar.tag.description
        let isPlain = scalar.style == .plain || scalar.style == .any
        if tag == Tag.Name.str.rawValue || !isPlain && tag.isEmpty { return .string(scalar.string) }
        if tag == Tag.Name.implicit.rawValue, isPlain {
            if hasLeadingZero(scalar.string) {
                report(
                    "\(scalar.string) is one number to some readers and another to others, because of the leading zero",
                    at: position,
                    hint: "write it without the zero, or in quotes")
                return nil
            }
            return coreSchemaValue(scalar.string)
        }
        if !isPlain, tag == Tag.Name.implicit.rawValue { return .string(scalar.string) }
        let value = coreSchemaValue(scalar.string)
        switch (tag, value) {
        case (Tag.Name.null.rawValue, .null), (Tag.Name.bool.rawValue, .bool), (Tag.Name.int.rawValue, .integer),
            (Tag.Name.float.rawValue, .number):
            return value
        case (Tag.Name.float.rawValue, .integer(let number)):
            return .number(Double(number))
        default:
            report("the tag '\(tag)' is not understood here", at: position, hint: "remove the tag")
            return nil
        }
    }

    private func report(_ message: String, at position: Position, hint: String? = nil) {
        log.append(DocumentIssue(file: log.file, at: position, message: message, hint: hint))
    }
}
