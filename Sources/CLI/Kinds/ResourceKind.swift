import Values
import Wire

/// A kind of thing that `get`, `describe` and `delete` know. One file a kind, one line in `all`.
struct ResourceKind: Sendable {
    static let all: [ResourceKind] = [.service, .plan, .host, .rollout, .version, .receiver, .freeze, .token]

    /// Singular, plural and short.
    var names: [String]
    /// Everything of the kind, or the one that is named.
    var get: @Sendable (_ client: APIClient, _ name: String?) async throws -> Presentation
    /// One, with all that belongs to it.
    var describe: @Sendable (_ client: APIClient, _ name: String) async throws -> Presentation
    var delete: @Sendable (_ client: APIClient, _ name: String) async throws -> Void

    var name: String { names[0] }

    /// Finds a kind by any of its names, in any case.
    static func named(_ word: String) throws -> ResourceKind {
        if let kind = all.first(where: { $0.names.contains(word.lowercased()) }) { return kind }
        if let place = flagKinds[word.lowercased()] {
            throw CommandFailure.wrongCall("\(word) are found elsewhere: halcyon flag \(place)")
        }
        let guess = nearest(to: word, among: all.flatMap(\.names)).map { " (did you mean \($0)?)" } ?? ""
        throw CommandFailure.wrongCall(
            "there is no kind '\(word)'\(guess); the kinds are \(all.map(\.name).joined(separator: ", "))")
    }

    /// What people look for here, with the command of `halcyon flag` that has it.
    private static let flagKinds = [
        "flag": "list", "flags": "list", "environment": "environments", "environments": "environments",
        "holdout": "holdouts", "holdouts": "holdouts", "segment": "segments", "segments": "segments",
        "proposal": "proposals", "proposals": "proposals",
    ]

    /// For the help: `service (services, svc), …`.
    static var list: String {
        all.map { "\($0.name) (\($0.names.dropFirst().joined(separator: ", ")))" }.joined(separator: ", ")
    }
}

/// Picks one of a list that has no route for one, or says what there is.
func pick<Item>(_ name: String, from items: [Item], kind: String, by key: (Item) -> String) throws -> Item {
    if let item = items.first(where: { key($0) == name }) { return item }
    let guess = nearest(to: name, among: items.map(key)).map { "did you mean '\($0)'?" }
    throw Problem(.notFound, "there is no \(kind) '\(name)'", hint: guess ?? "list them with: halcyon get \(kind)")
}

/// Those that are asked for: all, or the one of that name.
func chosen<Item>(_ name: String?, from items: [Item], kind: String, by key: (Item) -> String) throws -> [Item] {
    guard let name else { return items }
    return [try pick(name, from: items, kind: kind, by: key)]
}
