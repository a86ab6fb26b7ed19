import Documents
import FlagSpecs
import Flags
import Ports
import Values
import Wire

/// What a flag must be before it is stored. That the whole set can be served is found when it is compiled.
extension FlagDraft {
    /// Checks a new state of a flag, and what its schedule will make of it.
    ///
    /// - Returns: The warnings that its author should hear of.
    mutating func check(
        _ flag: ManagedFlag?, key: String, in state: EnvironmentState, from origin: FlagRegistry.Origin
    ) throws(Problem) -> [DocumentIssue] {
        guard let flag else { return [] }
        guard case .author(let text) = origin else { return try FlagRegistry.check(flag, in: state.name) }
        authored[state.name, default: []].insert(key)
        if let text { files[state.name, default: [:]][key] = text }
        let old = state.flags[key]?.value
        let missing = flag.variantsMissing(butNotIn: old)
        let warnings = try FlagRegistry.check(flag, in: state.name, file: text, missing: missing)
        if flag.schedule != old?.schedule { try FlagRegistry.checkSchedule(of: flag, in: state) }
        return warnings
    }
}

extension FlagRegistry {
    /// Checks Halcyon's own members; flagd's are looked at by the compiler.
    ///
    /// - Parameters:
    ///   - file: where the flag was just read from.
    ///   - missing: the variants that its author named in vain. In flags that were made elsewhere, flagd tolerates them.
    static func check(
        _ flag: ManagedFlag, in environment: String, file: String? = nil, missing: [ManagedFlag.MissingVariant] = []
    ) throws(Problem) -> [DocumentIssue] {
        let log = IssueLog(file: file ?? "")
        let path = FieldPath.key(flag.key, of: .key("flags", of: .root))
        _ = ManagedFlag(key: flag.key, reading: Cursor(flag.node, path: path, log: log))
        for missing in missing {
            log.append(
                DocumentIssue(
                    file: log.file, at: missing.position, path: "\(path).targeting",
                    message: "a rule gives the variant '\(missing.name)', which the flag does not have",
                    hint: missing.hint))
        }
        _ = flag.rolloutChecks(path: path, log: log)
        guard !log.hasErrors else {
            throw Problem(
                .invalid, "nothing was changed: the flag \(flag.key) is wrong",
                places: log.issues.errors.map { Problem.Place($0, in: environment) })
        }
        return log.issues.warnings
    }

    /// What could not be made when it is due is refused when it is asked for.
    static func checkSchedule(of flag: ManagedFlag, in state: EnvironmentState) throws(Problem) {
        var future = flag
        for change in flag.schedule {
            _ = future.advance(to: change.at)
            let set = state.set.withoutGuards(future)
            let issues = FlagSnapshot.compile(set.lowered().node, file: "").issues.within(flag: flag.key)
            var places = issues.map { Problem.Place($0, in: state.name) }
            do throws(Problem) {
                _ = try check(future, in: state.name, missing: future.variantsMissing(butNotIn: flag))
            } catch {
                places += error.places
            }
            guard places.isEmpty else {
                throw Problem(
                    .invalid, "nothing was changed: the change scheduled for \(change.at) could not be made",
                    hint: "that is what the change scheduled for \(change.at) would make of it", places: places)
            }
        }
    }
}

extension ManagedFlag {
    /// The variants that its rules name and that it does not have; an older state did not name them yet.
    fileprivate func variantsMissing(butNotIn old: ManagedFlag?) -> [MissingVariant] {
        let known = Set(old?.missingVariants.map(\.name) ?? [])
        return missingVariants.filter { !known.contains($0.name) }
    }
}
