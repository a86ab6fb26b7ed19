import Wire

extension ResourceKind {
    static let token = ResourceKind(
        names: ["token", "tokens", "tok"],
        get: { client, name in
            let tokens = try chosen(name, from: try await client.tokens(), kind: "token", by: \.name)
            return Presentation(Listing(tokens)) { tokenTable(tokens, $0).lines($0) }
        },
        describe: { client, name in
            let token = try pick(name, from: try await client.tokens(), kind: "token", by: \.name)
            return Presentation(token) { tokenTable([token], $0).lines($0) }
        },
        delete: { try await $0.delete(Path("tokens", $1)) })
}

func tokenTable(_ tokens: [TokenView], _ style: TextStyle) -> Table {
    var table = Table(
        [.init("name"), .init("role"), .init("created"), .init("by"), .init("expires")], whenEmpty: "No tokens.")
    for token in tokens {
        table.add(
            token.name, token.role.rawValue, style.time(token.createdAt), token.createdBy,
            token.expiresAt == nil ? "never" : style.time(token.expiresAt))
    }
    return table
}
