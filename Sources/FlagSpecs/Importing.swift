public import Documents

/// Flags as they were read from another system's export.
public struct ImportedFlags: Sendable {
    public var flags: [ManagedFlag] = []
    public var segments: [(name: String, rule: Node)] = []
    /// What could not be carried over, one sentence each.
    public var notes: [String] = []

    /// Reads an export.
    ///
    /// - Parameters:
    ///   - format: `flagd`, `unleash` or `launchdarkly`.
    ///   - environment: the foreign environment whose settings count.
    public init(_ node: Node, format: String, environment: String, file: String) throws(FlagEditProblem) {
        switch format {
        case "unleash": self = try UnleashImport(node, environment: environment).imported
        case "launchdarkly": self = try LaunchDarklyImport(node, environment: environment).imported
        default:
            let log = IssueLog(file: file)
            guard let read = FlagFile(reading: Cursor(node, log: log)), !log.hasErrors else {
                throw FlagEditProblem(log.issues.errors.map(\.description).joined(separator: "\n"))
            }
            flags = read.flags
            segments = read.segments
            notes = log.issues.warnings.map(\.description)
            if read.metadata != nil { notes.append("the set's own metadata was left out: apply the file to keep it") }
        }
    }

    init() {}

    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }
}

extension Node {
    var textValue: String? {
        switch value {
        case .string(let text): return text
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        default: return nil
        }
    }

    var items: [Node] { if case .sequence(let items) = value { items } else { [] } }

    var entries: [Entry] { if case .mapping(let entries) = value { entries } else { [] } }

    var numberValue: Double? {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        case .string(let text): return Double(text)
        default: return nil
        }
    }

    var isTrue: Bool { value == .bool(true) }
}
