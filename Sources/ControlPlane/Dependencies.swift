import Documents
import Formats
import Specs
import Values

/// Looks at which service depends on which, as it would be once some documents are applied.
struct Dependencies {
    /// By service, those that it calls.
    private let called: [String: [String]]

    init(_ present: [ServiceSpec], _ documents: [SourcedSpec]) {
        var called = Dictionary(present.map { ($0.name, $0.dependsOn) }) { first, _ in first }
        for case .service(let spec) in documents.map(\.spec) { called[spec.name] = spec.dependsOn }
        self.called = called
    }

    /// One issue for every service that nobody knows, and one for every document that closes a circle.
    func issues(_ document: SourcedSpec) -> [DocumentIssue] {
        guard case .service(let spec) = document.spec else { return [] }
        let field = FieldPath.key("dependsOn", of: .root)
        func issue(_ index: Int, _ message: String, hint: String) -> DocumentIssue {
            let path = FieldPath.index(index, of: field)
            return DocumentIssue(
                file: document.file, at: document.node.position(of: path), path: "\(path)", message: message,
                hint: hint)
        }
        return spec.dependsOn.enumerated().compactMap { index, name in
            guard called[name] != nil else {
                let near = nearest(to: name, among: called.keys.filter { $0 != spec.name }.sorted())
                return issue(
                    index, "there is no service named '\(name)'",
                    hint: near.map { "did you mean '\($0)'?" } ?? "apply it first, or in the same call")
            }
            guard name != spec.name, let way = way(from: name, to: spec.name) else { return nil }
            return issue(
                index, "\(spec.name) would depend on itself: \(([spec.name] + way).joined(separator: " → "))",
                hint: "name only what a service calls, not what calls it")
        }
    }

    /// The services on the way from one to another; `nil` when there is none.
    private func way(from start: String, to end: String) -> [String]? {
        var reached = [start: [start]]
        var open = [start]
        while !open.isEmpty {
            let service = open.removeFirst()
            if service == end { return reached[service] }
            for next in called[service] ?? [] where reached[next] == nil {
                reached[next] = (reached[service] ?? []) + [next]
                open.append(next)
            }
        }
        return nil
    }
}
