public import Documents
public import Values

/// Checks on their own, as `halcyon rehearse --trace` takes them: a list of checks, and what the plan says of how they are judged.
///
/// ```yaml
/// checks:
///   - { name: errors, ratio: { bad: errors, total: requests }, tolerate: { relative: 1.25, absolute: 0.05% } }
/// plan: { falseRollbacks: 1% }
/// ```
public struct ChecksDocument: Hashable, Sendable {
    public var checks: [CheckSpec]
    public var falseRollbacks: Percentage
    /// Whether the plan has hosts start anew with the canary.
    public var control: ControlMode
    /// The waves and the watch, where the document names any waves.
    public var waves: [WaveSpec]?
    public var watch = Period.zero

    public init(checks: [CheckSpec], falseRollbacks: Percentage = PlanSpec().falseRollbacks) {
        self.checks = checks
        self.falseRollbacks = falseRollbacks
        control = .none
    }

    init(checks: [CheckSpec], plan: PlanSpec, namesWaves: Bool) {
        self.init(checks: checks, falseRollbacks: plan.falseRollbacks)
        control = plan.control
        if namesWaves { (waves, watch) = (plan.waves, plan.watch) }
    }

    /// Reads the document of a file; a whole service is taken for its checks and plan.
    /// - Returns: nil with an error among the issues.
    public static func read(_ node: Node, file: String) -> (document: ChecksDocument?, issues: [DocumentIssue]) {
        let log = IssueLog(file: file)
        let cursor = Cursor(node, log: log)
        if case .string("Service")? = node["kind"]?.value {
            let service = ServiceSpec(reading: cursor)
            let document = service.map { ChecksDocument(checks: $0.checks, plan: $0.plan, namesWaves: true) }
            return finish(document, cursor, log)
        }
        guard let fields = cursor.fields(["checks", "plan"], "a file of checks") else { return (nil, log.issues) }
        let checks =
            fields.required("checks", like: "[{ name: errors, ratio: { bad: errors, total: requests } }]")?
            .items("a list of checks")?.compactMap(CheckSpec.init(reading:)) ?? []
        let plan = fields["plan"].map(PlanSpec.init(reading:)) ?? PlanSpec()
        let namesWaves = node["plan"]?["waves"] != nil
        return finish(
            plan.map { ChecksDocument(checks: checks, plan: $0, namesWaves: namesWaves) }, cursor, log)
    }

    private static func finish(
        _ document: ChecksDocument?, _ cursor: Cursor, _ log: IssueLog
    ) -> (document: ChecksDocument?, issues: [DocumentIssue]) {
        if !log.hasErrors, document?.checks.isEmpty ?? false {
            cursor.report("there is no check", hint: "name at least one under 'checks'")
        }
        if let checks = document?.checks,
            let twice = checks.indices.first(where: { place in
                checks[..<place].contains { $0.name == checks[place].name }
            })
        {
            cursor.report("there are two checks named '\(checks[twice].name)'")
        }
        return (!log.hasErrors ? document : nil, log.issues)
    }
}
