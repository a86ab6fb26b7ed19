public import Documents

/// What a document can be.
public enum SpecKind: String, Hashable, CaseIterable, Sendable {
    case service = "Service"
    case plan = "Plan"
    case freeze = "Freeze"
    case receiver = "Receiver"
}

/// A document that people apply.
public enum SpecDocument: Hashable, Sendable {
    case service(ServiceSpec)
    case plan(NamedPlanSpec)
    case freeze(FreezeSpec)
    case receiver(ReceiverSpec)

    public var kind: SpecKind {
        switch self {
        case .service: return .service
        case .plan: return .plan
        case .freeze: return .freeze
        case .receiver: return .receiver
        }
    }

    public var name: String {
        switch self {
        case .service(let spec): return spec.name
        case .plan(let spec): return spec.name
        case .freeze(let spec): return spec.name
        case .receiver(let spec): return spec.name
        }
    }

    /// The document as people write it, `kind` first.
    public var documentNode: Node {
        let node: Node
        switch self {
        case .service(let spec): node = spec.documentNode
        case .plan(let spec): node = spec.documentNode
        case .freeze(let spec): node = spec.documentNode
        case .receiver(let spec): node = spec.documentNode
        }
        guard case .mapping(let entries) = node.value else { return node }
        return Node(.mapping([Node.Entry("kind", .string(kind.rawValue))] + entries))
    }
}

/// Checks of values in languages that this room does not know. Each answers what is wrong, or `nil`.
public struct QueryChecks {
    /// A selector like `http_requests_total{code=~"5.."}`.
    public var selector: (String) -> String?
    /// A comparison like `slo:burnrate5m < 14.4`.
    public var expression: (String) -> String?
    /// An expression whose value is one number a host, like `process_resident_memory_bytes`.
    public var value: (String) -> String?

    public init(
        selector: @escaping (String) -> String? = { _ in nil },
        expression: @escaping (String) -> String? = { _ in nil },
        value: @escaping (String) -> String? = { _ in nil }
    ) {
        self.selector = selector
        self.expression = expression
        self.value = value
    }
}

/// Reads one document.
///
/// - Parameter otherKinds: kinds that are read elsewhere; messages name them as well.
/// - Returns: The document, or `nil` with at least one error; there may be warnings with a document.
public func decodeSpec(
    _ node: Node, file: String, checks: QueryChecks = QueryChecks(), otherKinds: [String] = []
) -> (document: SpecDocument?, issues: [DocumentIssue]) {
    let log = IssueLog(file: file)
    let cursor = Cursor(node, log: log)
    let document = readDocument(cursor, otherKinds)
    switch document {
    case .service(let service):
        validate(service, at: cursor)
        checkQueries(of: cursor, checks)
    case .plan(let named): validate(named.plan, at: Fields(cursor: cursor))
    case .freeze, .receiver, nil: break
    }
    let issues = log.issues.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    // Beside errors, a warning may only be their consequence.
    return log.hasErrors ? (nil, issues.errors) : (document, issues)
}

/// Reads one document, with the two query checks by name.
public func decodeSpec(
    _ node: Node, file: String, checkSelector: @escaping (String) -> String?,
    checkExpression: @escaping (String) -> String?
) -> (document: SpecDocument?, issues: [DocumentIssue]) {
    decodeSpec(node, file: file, checks: QueryChecks(selector: checkSelector, expression: checkExpression))
}

private func readDocument(_ cursor: Cursor, _ otherKinds: [String]) -> SpecDocument? {
    let kinds = SpecKind.allCases.map(\.rawValue) + otherKinds
    guard case .mapping = cursor.node.value else {
        cursor.mismatch("a document with a kind", hint: "kinds are \(listed(kinds))")
        return nil
    }
    guard cursor.node["kind"] != nil else {
        cursor.report("'kind' is missing", hint: "kinds are \(listed(kinds))")
        return nil
    }
    // `kind` belongs to the document, not to the spec that is in it.
    let kindCursor = Fields(cursor: cursor)["kind"]
    guard let kind = kindCursor?.choice(SpecKind.self, others: otherKinds) else { return nil }
    switch kind {
    case .service: return ServiceSpec(reading: cursor).map(SpecDocument.service)
    case .plan: return NamedPlanSpec(reading: cursor).map(SpecDocument.plan)
    case .freeze: return FreezeSpec(reading: cursor).map(SpecDocument.freeze)
    case .receiver: return ReceiverSpec(reading: cursor).map(SpecDocument.receiver)
    }
}
