import Specs
import Values
import Wire

extension ResourceKind {
    static let freeze = ResourceKind(
        names: ["freeze", "freezes", "fr"],
        get: { client, name in
            let freezes = try chosen(name, from: try await client.freezes(), kind: "freeze", by: \.name)
            return Presentation(Listing(freezes), documents: freezes.map(SpecDocument.freeze)) {
                freezeTable(freezes, $0).lines($0)
            }
        },
        describe: { client, name in
            let freeze = try pick(name, from: try await client.freezes(), kind: "freeze", by: \.name)
            return Presentation(freeze, documents: [.freeze(freeze)]) { freezeTable([freeze], $0).lines($0) }
        },
        delete: { try await $0.delete(Path("freezes", $1)) })
}

private func freezeTable(_ freezes: [FreezeSpec], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("name"), .init("state"), .init("from"), .init("until"), .init("services", flexible: true),
            .init("reason", flexible: true),
        ], whenEmpty: "No freezes.")
    for freeze in freezes {
        let isOver = freeze.until <= style.now
        let isActive = !isOver && freeze.from <= style.now
        table.add([
            StyledText(freeze.name),
            StyledText(isOver ? "over" : isActive ? "active" : "planned", isActive ? .caution : .dim),
            StyledText(freeze.from.description), StyledText(freeze.until.description),
            StyledText(freeze.services.isEmpty ? "all" : freeze.services.joined(separator: ", ")),
            StyledText(freeze.reason),
        ])
    }
    return table
}
