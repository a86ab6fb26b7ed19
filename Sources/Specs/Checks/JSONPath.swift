import Documents

/// Where a value stands in a JSON document: `checks[0].state`.
struct JSONPath {
    enum Step: Hashable {
        case key(String)
        case place(Int)
    }

    let steps: [Step]

    /// `nil` for a text that is no path.
    init?(_ text: String) {
        var steps: [Step] = []
        for (index, part) in text.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            // Only a document that is a list itself begins with a place.
            if !pieces[0].isEmpty {
                steps.append(.key(String(pieces[0])))
            } else if index > 0 || pieces.count == 1 {
                return nil
            }
            for piece in pieces.dropFirst() {
                guard piece.hasSuffix("]"), let place = Int(piece.dropLast()), place >= 0 else { return nil }
                steps.append(.place(place))
            }
        }
        self.steps = steps
    }

    /// What stands there; `nil` for nothing.
    func value(in document: Node) -> Node? {
        var node = document
        for step in steps {
            switch (step, node.value) {
            case (.key(let key), .mapping):
                guard let next = node[key] else { return nil }
                node = next
            case (.place(let place), .sequence(let items)) where place < items.count: node = items[place]
            default: return nil
            }
        }
        return node
    }
}
