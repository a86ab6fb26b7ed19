/// A context made ready for the evaluations of one snapshot.
///
/// Keep one for each thread or event loop and bind it anew for every request: it reuses its memory.
public struct BoundContext: ~Copyable, Sendable {
    /// The snapshot that it was bound for; 0 for none.
    var snapshot: UInt64 = 0
    var data: FlagValue = .object([])

    public init() {}
}

extension FlagSnapshot {
    /// Makes a context ready.
    public func bind(_ context: EvaluationContext, into bound: inout BoundContext) {
        var members = context.attributes.filter { $0.name != "targetingKey" && $0.name != "$flagd" }
        members.append(FlagMember("targetingKey", context.targetingKey.map { .string($0) } ?? .null))
        bound.data = .object(members)
        bound.snapshot = identity
    }

    /// Makes a context ready that is a JSON object in UTF-8, with the targeting key as `targetingKey`.
    ///
    /// - Throws: When it is no JSON object, too long (10 MB) or nested too deeply (100 levels).
    public func bind(json: UnsafeRawBufferPointer, into bound: inout BoundContext) throws(ContextProblem) {
        var reader = JSONReader(json)
        guard case .object(var members) = try reader.document() else {
            throw ContextProblem("a context is an object", at: 0)
        }
        members.removeAll { $0.name == "$flagd" }
        if !members.contains(where: { $0.name == "targetingKey" }) { members.append(FlagMember("targetingKey", .null)) }
        bound.data = .object(members)
        bound.snapshot = identity
    }

    /// The same for bytes in an array.
    public func bind(json: [UInt8], into bound: inout BoundContext) throws(ContextProblem) {
        var problem: ContextProblem?
        // A throwing closure would lose the error's type.
        json.withUnsafeBytes { bytes in
            do throws(ContextProblem) { try bind(json: bytes, into: &bound) } catch { problem = error }
        }
        if let problem { throw problem }
    }
}
