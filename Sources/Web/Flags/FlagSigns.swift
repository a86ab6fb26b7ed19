import Documents
import FlagSpecs
import Wire

extension Sign {
    init(_ flag: FlagView) {
        if flag.archived {
            self.init(shape: .dot, word: "Archived", tone: .idle)
        } else if flag.state != "ENABLED" {
            self.init(shape: .empty, word: "Off", tone: .idle)
        } else if flag.managed?.ramp?.isOver == false {
            self.init(shape: .arrow, word: "Ramping", tone: .busy)
        } else {
            self.init(shape: .check, word: "On", tone: .good)
        }
    }

    init(_ proposal: ProposalView) {
        switch proposal.state {
        case .open: self.init(shape: .hand, word: "Waits for approval", tone: .attention)
        case .applied: self.init(shape: .check, word: "Approved", tone: .good)
        case .rejected: self.init(shape: .cross, word: "Rejected", tone: .idle)
        }
    }
}

extension FlagView {
    /// The flag with its members as values; `nil` when its document cannot be read.
    var managed: ManagedFlag? {
        JSONParser.parse(Array(document.utf8), file: key).node.map { ManagedFlag(key: key, node: $0) }
    }

    var isOn: Bool { state == "ENABLED" }
}

extension ManagedFlag {
    /// A member as JSON for an editor; empty when there is none.
    func text(of member: String) -> String {
        self[member].map { JSONText.fitted($0) } ?? ""
    }
}

/// JSON as people read it.
enum JSONText {
    /// What an editor shows beside other things, with room to add a little.
    static let width = 72

    static func fitted(_ node: Node, width: Int = JSONText.width) -> String {
        String(decoding: JSONWriter.write(node, style: .fitted(width: width)), as: UTF8.self)
    }

    /// The same JSON in fewer lines; what cannot be read stays as it is.
    static func fitted(_ text: String, width: Int = JSONText.width) -> String {
        JSONParser.parse(Array(text.utf8), file: "").node.map { fitted($0, width: width) } ?? text
    }
}
