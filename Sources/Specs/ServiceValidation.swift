import Documents
import Values

/// Rules that concern several fields of a service.
func validate(_ service: ServiceSpec, at document: Cursor) {
    let fields = Fields(cursor: document)
    if let run = fields["run"] { validate(service.run, at: Fields(cursor: run)) }
    let checks = fields["checks"]?.children ?? []
    reportRepeatedNames(checks, of: "check")
    validate(service.checks, of: service.run, at: checks)
    for item in fields["dependsOn"]?.children ?? [] where item.node.value == .string(service.name) {
        item.report("a service does not depend on itself", hint: "remove it")
    }
    if service.checks.contains(where: \.kind.compares), let plan = fields["plan"] {
        validateBaseline(service.plan, at: Fields(cursor: plan))
    }
    if let plan = fields["plan"] { validate(service.plan, at: Fields(cursor: plan)) }
}

/// A plan by which everybody has the change at once leaves nobody to compare with.
private func validateBaseline(_ plan: PlanSpec, at fields: Fields) {
    guard plan.holdout.isNone, let first = plan.waves.first, first.isEveryone else { return }
    let cursor = fields["waves"]?.children.first ?? fields["holdout"] ?? fields.cursor
    cursor.report(
        "wave '\(first.name)' is the first and has all hosts, and nobody is held out: there is no baseline to compare with",
        hint: "begin with a wave like { name: one, hosts: 1 }, or keep hosts back with holdout: 10%")
}

/// Rules that concern several fields of a plan.
func validate(_ plan: PlanSpec, at fields: Fields) {
    let waves = fields["waves"]?.children ?? []
    reportRepeatedNames(waves, of: "wave")
    // Only when every item could be read do waves and items belong together.
    if waves.count == plan.waves.count { validate(plan.waves, at: waves) }
}

private func validate(_ run: RunSpec, at fields: Fields) {
    let listens = fields.has("listen")
    if run.handover == .socket, !listens {
        fields["handover"]?.report(
            "handover 'socket' needs 'listen': there is no socket to pass on", hint: addListen)
    }
    // With `handover: port` every instance gets a port of its own; otherwise the port is the one of `listen`.
    guard run.handover != .port else { return }
    if let listen = run.listen, listen.hasSuffix(":${PORT}") {
        fields["listen"]?.report(
            "${PORT} stands for nothing here: only with 'handover: port' has an instance a port of its own",
            hint: "write the port itself, for example ${ADDRESS}:8000")
    }
    guard !listens else { return }
    for text in (fields["command"]?.children ?? []) + (fields["environment"]?.values ?? []) {
        guard case .string(let word) = text.node.value, placeholders(in: word).names.contains("PORT") else { continue }
        text.report("${PORT} stands for nothing: there is no 'listen'", hint: addListen)
    }
    let why = "nothing says on which port: there is no 'listen'"
    switch run.ready.method {
    case .http: fields["ready"].map(Fields.init(cursor:))?["http"]?.report(why, hint: addListen)
    case .tcp: fields["ready"]?.report(why, hint: addListen)
    case .notify, .none: break
    }
    fields["metrics"]?.report(why, hint: addListen)
}

private let addListen = "add listen: \"${ADDRESS}:8000\""

private func reportRepeatedNames(_ items: [Cursor], of thing: String) {
    var seen: [String: Position] = [:]
    for item in items {
        guard let name = Fields(cursor: item)["name"], case .string(let text) = name.node.value else { continue }
        if let first = seen[text] {
            name.report("there are two \(thing)s named '\(text)'", hint: "the first one is at \(first)")
        } else {
            seen[text] = name.node.position
        }
    }
}

private func validate(_ waves: [WaveSpec], at items: [Cursor]) {
    for (index, wave) in waves.enumerated() {
        let hosts = Fields(cursor: items[index])["hosts"] ?? items[index]
        if let full = waves[..<index].first(where: \.isEveryone) {
            items[index].report(
                "wave '\(wave.name)' adds nobody: wave '\(full.name)' before it has all hosts", hint: "remove it",
                severity: .warning)
            continue
        }
        let same = waves[..<index].filter { $0.select == wave.select }
        if let larger = same.last(where: { isLess(wave.hosts, than: $0.hosts) }) {
            hosts.report(
                "\(wave.hosts) is less than the \(larger.hosts) of wave '\(larger.name)'",
                hint: "a wave's hosts include those of the waves before it")
        } else if let equal = same.last(where: { $0.hosts == wave.hosts }) {
            hosts.report(
                "wave '\(wave.name)' adds nobody: wave '\(equal.name)' has \(wave.hosts) already",
                hint: "give it more hosts",
                severity: .warning)
        }
    }
    if let last = waves.last, !waves.contains(where: \.isEveryone) {
        items.last?.report(
            "the plan ends with wave '\(last.name)' and never reaches every host of the service",
            hint: "end with a wave like { name: rest, hosts: 100% }")
    }
}

extension WaveSpec {
    fileprivate var isEveryone: Bool { hosts == .percent(100) && select.isEmpty }
}

/// Only counts can be compared with counts, and shares with shares; everybody is the most.
private func isLess(_ left: Amount, than right: Amount) -> Bool {
    switch (left, right) {
    case (.count(let left), .count(let right)): return left < right
    case (.percent(let left), .percent(let right)): return left < right
    case (.count, .percent(let right)): return right == 100
    case (.percent, .count): return false
    }
}
