/// Labelled lines and tables below each other, for one thing in full.
struct Details {
    private var parts: [Part] = []

    private enum Part {
        case fields([(label: String, value: StyledText)])
        case section(title: String, lines: (TextStyle) -> [String])
    }

    mutating func add(_ label: String, _ value: String?, _ look: Look = .plain) {
        guard let value, !value.isEmpty else { return }
        let field = (label, StyledText(value, look))
        if case .fields(let fields)? = parts.last {
            parts[parts.count - 1] = .fields(fields + [field])
        } else {
            parts.append(.fields([field]))
        }
    }

    mutating func add(_ title: String, _ table: Table) {
        parts.append(.section(title: title) { table.lines($0, indent: 2) })
    }

    mutating func add(_ title: String, _ texts: [String], _ look: Look = .plain) {
        guard !texts.isEmpty else { return }
        parts.append(
            .section(title: title) { style in
                texts.flatMap { wrapped(harmless($0), width: style.width.map { $0 - 2 }) }
                    .map { "  " + StyledText($0, look).text(colour: style.colour) }
            })
    }

    func lines(_ style: TextStyle) -> [String] {
        var result: [String] = []
        for part in parts {
            if !result.isEmpty { result.append("") }
            switch part {
            case .fields(let fields):
                let width = (fields.map { displayWidth($0.label) }.max() ?? 0) + 2
                for field in fields {
                    let line = StyledText("\(field.label):", .dim).padded(to: width + 1) + field.value
                    result.append(line.text(colour: style.colour))
                }
            case .section(let title, let lines):
                result.append(StyledText(title, .bold).text(colour: style.colour))
                result += lines(style)
            }
        }
        return result
    }
}
