import Documents
import FlagSpecs
import Flags

/// What another generation of hashing does to an environment that spreads keys already; `nil` when it spreads none.
func bucketingWarning(_ state: EnvironmentState, _ spec: EnvironmentSpec) -> String? {
    guard state.spec.bucketing != spec.bucketing else { return nil }
    guard let set = JSONParser.parse(state.snapshot.syncPayload, file: spec.name).node else { return nil }
    let shared = set["$evaluators"]
    guard case .mapping(let flags)? = set["flags"]?.value else { return nil }
    let spreading = flags.filter { flag in flag.value["targeting"].map { spreads($0, shared, depth: 0) } ?? false }
        .map(\.key)
    guard !spreading.isEmpty else { return nil }
    let names = spreading.sorted().prefix(5).joined(separator: ", ")
    let more = spreading.count > 5 ? " and \(spreading.count - 5) more" : ""
    let generation = spec.bucketing.rawValue
    return
        "with bucketing \(generation) many keys get another variant of \(names)\(more), and clients that evaluate by "
        + "themselves must hash as \(generation) too"
}

/// Whether a rule has a `fractional` in it, or in a shared rule that it refers to.
private func spreads(_ node: Node, _ shared: Node?, depth: Int) -> Bool {
    switch node.value {
    case .sequence(let items): return items.contains { spreads($0, shared, depth: depth) }
    case .mapping(let entries):
        return entries.contains { entry in
            if entry.key == "fractional" { return true }
            if entry.key == "$ref", depth < 10, case .string(let name) = entry.value.value, let rule = shared?[name] {
                return spreads(rule, shared, depth: depth + 1)
            }
            return spreads(entry.value, shared, depth: depth)
        }
    default: return false
    }
}
