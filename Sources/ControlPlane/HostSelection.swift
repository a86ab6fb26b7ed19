import Documents
import Formats
import Specs
import Values

/// Finds the selectors of a service that choose nobody of a fleet, and says what was probably meant.
struct HostSelection {
    /// The labels of every host that is known.
    let hosts: [[String: String]]

    /// One issue for every selector without hosts; none while no host is known at all.
    func issues(_ document: SourcedSpec, _ service: ServiceSpec) -> [DocumentIssue] {
        guard !hosts.isEmpty else { return [] }
        let selected = hosts.filter(service.select.matches)
        let top = FieldPath.key("select", of: .root)
        guard !selected.isEmpty else { return [issue(document, service.select, among: hosts, at: top)] }
        let waves = FieldPath.key("waves", of: .key("plan", of: .root))
        return service.plan.waves.enumerated().compactMap { index, wave in
            guard !selected.contains(where: wave.select.matches) else { return nil }
            let path = FieldPath.key("select", of: .index(index, of: waves))
            return issue(document, wave.select, among: selected, at: path)
        }
    }

    private func issue(
        _ document: SourcedSpec, _ select: LabelSelector, among hosts: [[String: String]], at path: FieldPath
    ) -> DocumentIssue {
        for (key, values) in select.requirements.sorted(by: { $0.key < $1.key }) {
            let present = Set(hosts.compactMap { $0[key] })
            guard present.isDisjoint(with: values) else { continue }
            let place = FieldPath.key(key, of: path)
            if present.isEmpty {
                let keys = Set(hosts.flatMap(\.keys))
                let message = "no host has a label named \(key)"
                return issue(document, place, message, instead: key, among: keys, "the labels are")
            }
            let wanted = values.joined(separator: " or ")
            let message = "no host has \(key)=\(wanted)"
            return issue(document, place, message, instead: values.first ?? "", among: present, "the values are")
        }
        let message = "no host has \(select) together"
        return issue(document, path, message, instead: "", among: [], "")
    }

    private func issue(
        _ document: SourcedSpec, _ path: FieldPath, _ message: String, instead wrong: String, among known: Set<String>,
        _ words: String
    ) -> DocumentIssue {
        var advice: [String] = []
        if let near = nearest(to: wrong, among: known.sorted()) { advice.append("did you mean \(near)?") }
        if !known.isEmpty {
            let shown = known.sorted().prefix(12).joined(separator: ", ")
            advice.append("\(words) \(shown)\(known.count > 12 ? ", …" : "")")
        }
        advice.append("with --allow-no-hosts it is applied before there are such hosts")
        return DocumentIssue(
            file: document.file, at: document.node.position(of: path), path: "\(path)", message: message,
            hint: advice.joined(separator: "; "))
    }
}

extension Node {
    /// Where the field stands, or the nearest one above it that the document holds.
    func position(of path: FieldPath) -> Position {
        find(path)?.position ?? path.parent.map(position) ?? position
    }

    private func find(_ path: FieldPath) -> Node? {
        switch path {
        case .root: return self
        case .key(let key, let parent): return find(parent)?[key]
        case .index(let index, let parent):
            guard case .sequence(let items)? = find(parent)?.value, items.indices.contains(index) else { return nil }
            return items[index]
        }
    }
}

extension FieldPath {
    fileprivate var parent: FieldPath? {
        switch self {
        case .root: return nil
        case .key(_, let parent), .index(_, let parent): return parent
        }
    }
}
