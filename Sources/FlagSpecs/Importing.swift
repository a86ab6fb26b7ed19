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

    private var noted: Set<String> = []

    mutating func note(_ text: String) {
        if noted.insert(text).inserted { notes.append(text) }
    }

    /// The most that a share of a distribution may weigh.
    private static let largestWeight = 1_000_000.0

    /// A weight as the other system has it, with a note when it cannot be one here. Without one it is 1.
    mutating func weight(_ node: Node?, of flag: String) -> Int {
        let number = node?.numberValue ?? 1
        guard (0...ImportedFlags.largestWeight).contains(number) else {
            let taken = number > 0 ? ImportedFlags.largestWeight : 0
            note("'\(flag)': the weight \(number) is none, and was taken as \(Int(taken))")
            return Int(taken)
        }
        return Int(number)
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
