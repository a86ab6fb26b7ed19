import Documents
import FlagSpecs
import Formats
public import Ports
import Synchronization
import Values
public import Wire

/// Documents that people apply: flag files, segments, holdouts and environments.
extension FlagRegistry: FlagApplication {
    public var environmentNames: [String] { environments.keys.sorted() }

    public func apply(
        _ documents: [FlagSource], environment: String, dryRun: Bool, prune: Bool, strict: Bool,
        by principal: Principal,
        commit: @escaping @Sendable (JournalEntry) async throws(Problem) -> Revision
    ) async throws(Problem) -> [ApplyAnswer.Item] {
        let read = try AppliedFlags(documents, environment: environment)
        let (items, draft) = try await change(
            by: principal, dryRun: dryRun,
            check: { (draft) throws(Problem) in
                if strict { try Problem.refuse(warnings: read.warnings + draft.fileWarnings) }
            }, commit: commit
        ) { (draft) throws(Problem) in
            var items: [ApplyAnswer.Item] = []
            for (spec, members) in read.environments {
                items.append(try apply(spec, naming: members, by: principal, &draft))
            }
            var plan = ApprovalPlan(draft)
            for (spec, _) in read.segments {
                items += try apply(.segment, spec.name, spec.environment, spec.documentNode, nil, &plan)
            }
            for (spec, _) in read.holdouts {
                items += try apply(.holdout, spec.name, spec.environment, spec.documentNode, nil, &plan)
            }
            for file in read.files { items += try bring(file, owned: false, &plan) }
            draft = try plan.checked()
            if prune { items += try self.prune(read, &draft) }
            return items
        }
        return draft.warned(items)
    }

    /// Makes an environment, or changes what a document names of it.
    ///
    /// Fewer approvals would let anybody do alone what two should agree on, and another bucketing gives users other variants:
    /// either is an admin's to do, or takes two people.
    private func apply(
        _ spec: EnvironmentSpec, naming members: Set<String>, by principal: Principal, _ draft: inout FlagDraft
    ) throws(Problem) -> ApplyAnswer.Item {
        var item = ApplyAnswer.Item(kind: "Environment", name: spec.name, outcome: .created)
        guard let state = draft.environments[spec.name] else {
            draft.setEnvironment(spec)
            return item
        }
        let old = state.spec
        let spec = spec.keeping(old, except: members)
        item.changes = spec.documentNode.differences(from: old.documentNode)
        item.outcome = item.changes.isEmpty ? .unchanged : .changed
        item.warnings = [bucketingWarning(state, spec)].compactMap { $0 }
        if spec.approvals < old.approvals || spec.bucketing != old.bucketing, !principal.role.allows(.admin) {
            let proposal = try draft.propose(
                .environment, spec.name, in: spec.name, to: spec.documentNode, base: 0, action: "apply",
                diff: item.changes)
            item.warnings.append("it waits for approval: halcyon flag approve \(proposal.id)")
        } else {
            draft.setEnvironment(spec)
        }
        return item
    }

    /// Puts one document, or proposes it where a change needs another person.
    private func apply(
        _ kind: ItemKind, _ key: String, _ environment: String, _ node: Node, _ file: String?,
        _ plan: inout ApprovalPlan
    ) throws(Problem) -> [ApplyAnswer.Item] {
        let old = try plan.draft.environment(environment).record(kind, key)
        if file == nil { try refuseOwned(old, "\(kind.rawValue) \(key)", in: environment) }
        let name = environment == FlagRegistry.production ? key : "\(environment)/\(key)"
        // What belongs to a file was agreed on where the file comes from.
        let (diff, proposal) = try plan.set(
            kind, key, in: environment, to: node, action: "apply", file: file, base: old?.revision ?? 0)
        var item = ApplyAnswer.Item(
            kind: kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst(), name: name,
            outcome: old == nil ? .created : diff.isEmpty ? .unchanged : .changed, changes: old == nil ? [] : diff)
        if let proposal { item.warnings.append("it waits for approval: halcyon flag approve \(proposal.id)") }
        return [item]
    }

    /// Brings the flags, segments and metadata of a flag file.
    ///
    /// - Parameter owned: the file is watched: it alone changes what it brings, and what it no longer holds is taken away.
    private func bring(
        _ file: AppliedFlags.File, owned: Bool, _ plan: inout ApprovalPlan
    ) throws(Problem) -> [ApplyAnswer.Item] {
        var items: [ApplyAnswer.Item] = []
        let name = file.environment
        let owner = owned ? file.name : nil
        let before = try plan.draft.environment(name)
        for (segment, rule) in file.content.segments {
            let old = before.segments[segment]?.value
            let spec = SegmentSpec(
                name: segment, environment: name, description: old?.description ?? "", rule: rule)
            if owned { try refuseForeign(before.segments[segment]?.record, "segment \(segment)", file, before) }
            items += try apply(.segment, segment, name, spec.documentNode, owner, &plan)
        }
        for flag in file.content.flags {
            let old = before.flags[flag.key]
            if owned { try refuseForeign(old?.record, "flag \(flag.key)", file, before) }
            plan.note(file.name, of: flag.key, in: name)
            let resumed = flag.resumed(from: old?.value, at: plan.draft.now)
            var item = try apply(.flag, flag.key, name, resumed.node, owner, &plan)
            item[0].warnings += (file.warnings[flag.key] ?? []).map(\.warningLine)
            items += item
        }
        if let metadata = file.content.metadata, metadata != before.metadata {
            if let proposal = try plan.setMetadata(metadata, in: name, file: owner) {
                items.append(
                    ApplyAnswer.Item(
                        kind: "Metadata", name: name, outcome: .changed, changes: proposal.diff,
                        warnings: ["it waits for approval: halcyon flag approve \(proposal.id)"]))
            }
        }
        if !file.ownWarnings.isEmpty {
            items.append(
                ApplyAnswer.Item(
                    kind: "File", name: file.name, outcome: .unchanged, warnings: file.ownWarnings.map(\.warningLine)))
        }
        guard owned else { return items }
        let flags = Set(file.content.flags.map(\.key))
        let segments = Set(file.content.segments.map(\.name))
        for (key, item) in before.flags where item.record.file == file.name && !flags.contains(key) {
            try plan.take(.flag, key, in: name, file: owner)
            items.append(ApplyAnswer.Item(kind: "Flag", name: key, outcome: .deleted))
        }
        for (key, item) in before.segments where item.record.file == file.name && !segments.contains(key) {
            try plan.take(.segment, key, in: name, file: owner)
            items.append(ApplyAnswer.Item(kind: "Segment", name: key, outcome: .deleted))
        }
        if file.content.metadata == nil, before.record.metadataFile == file.name {
            _ = try plan.setMetadata(nil, in: name, file: owner)
        }
        return items
    }

    /// Two watched files that bring the same flag would take turns for ever.
    private func refuseForeign(
        _ record: ItemRecord?, _ what: String, _ file: AppliedFlags.File, _ state: EnvironmentState
    ) throws(Problem) {
        guard let other = record?.file, other != file.name, isWatched(other, in: state.name) else { return }
        throw Problem(
            .conflict, "\(file.name): the \(what) is in the file \(other) already",
            hint: "take it out of one of the files")
    }

    /// Takes away the flags, segments and holdouts that the files do not hold, in the environments that they are about.
    private func prune(_ read: AppliedFlags, _ draft: inout FlagDraft) throws(Problem) -> [ApplyAnswer.Item] {
        var items: [ApplyAnswer.Item] = []
        func remove(
            _ kind: ItemKind, _ present: [String], keeping kept: Set<String>, in name: String
        ) throws(Problem) {
            for key in present.sorted() where !kept.contains(key) {
                let owner = try draft.environment(name).record(kind, key)?.file
                if let owner, isWatched(owner, in: name) { continue }
                guard !ApprovalRule.isNeeded(in: try draft.environment(name).spec, propose: false) else {
                    throw Problem(
                        .refused, "--prune would delete \(kind.rawValue) \(key) in \(name), which needs an approval",
                        hint: "archive it with: halcyon flag archive \(key) -e \(name)")
                }
                try draft.set(kind, key, in: name, to: nil, action: "apply")
                items.append(
                    ApplyAnswer.Item(
                        kind: kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst(),
                        name: name == FlagRegistry.production ? key : "\(name)/\(key)", outcome: .deleted))
            }
        }
        for (name, files) in Dictionary(grouping: read.files, by: \.environment).sorted(by: { $0.key < $1.key }) {
            let state = try draft.environment(name)
            let flags = Set(files.flatMap { $0.content.flags.map(\.key) })
            try remove(.flag, Array(state.flags.keys), keeping: flags, in: name)
        }
        for (name, specs) in Dictionary(grouping: read.segments.map(\.0), by: \.environment) {
            let inFiles = read.files.filter { $0.environment == name }.flatMap { $0.content.segments.map(\.name) }
            let state = try draft.environment(name)
            try remove(.segment, Array(state.segments.keys), keeping: Set(specs.map(\.name) + inFiles), in: name)
        }
        for (name, specs) in Dictionary(grouping: read.holdouts.map(\.0), by: \.environment) {
            let state = try draft.environment(name)
            try remove(.holdout, Array(state.holdouts.keys), keeping: Set(specs.map(\.name)), in: name)
        }
        return items
    }

    // MARK: Watched files

    /// Says which files are watched; what other files once brought may be changed by anybody again.
    public func watch(_ files: [(environment: String, file: String)]) {
        memory.withLock { memory in
            memory.watched = Dictionary(grouping: files, by: \.environment).mapValues { Set($0.map(\.file)) }
        }
    }

    /// Takes what a watched file holds now; it replaces what the same file brought before, all or nothing.
    public func bring(
        _ file: ApplyRequest.File, environment: String, by principal: Principal
    ) async throws(Problem) -> [ApplyAnswer.Item] {
        let (nodes, issues) = readDocuments(file.text, file: file.name)
        guard issues.errors.isEmpty else {
            throw Problem(
                .invalid, "\(file.name) cannot be read", places: issues.errors.map(Problem.Place.init(_:)))
        }
        let read = try AppliedFlags(nodes.map { FlagSource(file: file.name, node: $0) }, environment: environment)
        guard nodes.count == 1, var content = read.files.first else {
            throw Problem(
                .invalid, "\(file.name) is not one set of flags",
                hint: "--flags takes flagd's files, with 'flags'; other documents are applied with --apply")
        }
        // The environment is said where the file is named.
        content.environment = environment
        let (items, draft) = try await change(by: principal, reason: file.name) { (draft) throws(Problem) in
            if draft.environments[environment] == nil { draft.setEnvironment(EnvironmentSpec(name: environment)) }
            var plan = ApprovalPlan(draft)
            let items = try bring(content, owned: true, &plan)
            draft = try plan.checked()
            return items
        }
        return draft.warned(items)
    }
}

extension FlagDraft {
    /// What the compiler found in the flags that were just read from files: flagd takes it, and answers with an error.
    private var compilerWarnings: [(item: String, warnings: [DocumentIssue])] {
        files.keys.sorted().flatMap { name in
            let warnings = environments[name]?.fileWarnings ?? []
            let keys = warnings.isEmpty ? [] : (files[name] ?? [:]).sorted { $0.key < $1.key }
            return keys.map { key, file in
                let item = name == FlagRegistry.production ? key : "\(name)/\(key)"
                return (item, warnings.within(flag: key).filter { $0.file == file })
            }
        }
    }

    fileprivate var fileWarnings: [DocumentIssue] { compilerWarnings.flatMap(\.warnings) }

    fileprivate func warned(_ items: [ApplyAnswer.Item]) -> [ApplyAnswer.Item] {
        let found = Dictionary(compilerWarnings.map { ($0.item, $0.warnings) }) { first, _ in first }
        return items.map { item in
            var item = item
            if item.kind == "Flag" { item.warnings += (found[item.name] ?? []).map(\.warningLine) }
            return item
        }
    }
}

extension DocumentIssue {
    /// A warning that stands among warnings.
    fileprivate var warningLine: String {
        "\(file):\(line):\(column): \(path): \(message)\(hint.map { " (\($0))" } ?? "")"
    }
}
