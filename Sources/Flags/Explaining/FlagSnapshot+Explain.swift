import Documents
public import Values

extension FlagSnapshot {
    /// Evaluates a flag, and says why it answers as it does. Not for hot paths: it reads the rule as it was written.
    public func explain(_ flag: Int32, in context: EvaluationContext, at now: Timestamp) -> FlagExplanation {
        var bound = BoundContext()
        bind(context, into: &bound)
        return explain(flag, in: &bound, at: now)
    }

    /// The same for a context as servers are sent it: what is explained is what they answer.
    public func explain(
        _ flag: Int32, json: [UInt8], at now: Timestamp
    ) throws(ContextProblem) -> FlagExplanation {
        var bound = BoundContext()
        try bind(json: json, into: &bound)
        return explain(flag, in: &bound, at: now)
    }

    private func explain(_ flag: Int32, in bound: inout BoundContext, at now: Timestamp) -> FlagExplanation {
        let resolution = evaluate(flag, in: &bound, at: now)
        guard flag >= 0, flag < count else {
            return FlagExplanation(resolution: resolution, summary: "There is no such flag.", steps: [])
        }
        let known = flags[Int(flag)]
        let variant = resolution.variant < 0 ? nil : known.variants[Int(resolution.variant)].name
        var explanation = FlagExplanation(
            resolution: resolution, variant: variant, summary: "", steps: [])
        if known.isEnabled, known.targeting != nil, let rule = source(of: known)?["targeting"] {
            var explainer = Explainer(scope: scope(of: known, &bound, now), shared: SharedRules(sharedRules))
            explainer.answer(rule)
            explanation.steps = explainer.steps
            explanation.rule = explainer.matched
            explanation.bucket = explainer.bucket
        }
        if resolution.error == .general, let targeting = known.targeting, known.isEnabled {
            let scope = scope(of: known, &bound, now)
            do throws(FlagErrorCode) {
                _ = try targeting.value(in: scope)
            } catch {
                explanation.summary =
                    "\(known.key) cannot answer (\(error.name)): its rule takes more work with this context than an evaluation may do."
                return explanation
            }
        }
        explanation.summary = summary(known, explanation)
        return explanation
    }

    private func summary(_ flag: CompiledFlag, _ explanation: FlagExplanation) -> String {
        let resolution = explanation.resolution
        if let error = resolution.error {
            if case .missing(let name) = flag.defaultVariant, flag.targeting == nil {
                return "\(flag.key) cannot answer (\(error.name)): its default variant '\(name)' does not exist."
            }
            let why =
                error == .parseError
                ? "its rule has something unknown" : "its rule names a variant that it does not have"
            return "\(flag.key) cannot answer (\(error.name)): \(why)."
        }
        if !flag.isEnabled { return "\(flag.key) is disabled: callers get their own default." }
        let answer = explanation.variant.map { "answers '\($0)'" } ?? "leaves callers their own default"
        if flag.targeting == nil { return "\(flag.key) \(answer) for everybody: it has no rule." }
        if resolution.reason == .default {
            return "\(flag.key) \(answer): its rule chooses no variant, so its default counts."
        }
        return "\(flag.key) \(answer): \(why(explanation))."
    }

    private func why(_ explanation: FlagExplanation) -> String {
        let bucket = explanation.bucket.map { "bucket \($0.number) of \($0.total)" }
        if let rule = explanation.rule {
            return "condition \(rule) matches" + (bucket.map { ", and the key falls into \($0)" } ?? "")
        }
        guard explanation.steps.contains(where: { $0.depth == 0 && $0.outcome == .doesNotMatch }) else {
            return bucket.map { "the key falls into \($0)" } ?? "its rule says so"
        }
        return "no condition matches, "
            + (bucket.map { "and the key falls into \($0)" } ?? "and this is for everybody else")
    }

    /// A flag as it was written.
    private func source(of flag: CompiledFlag) -> Node? {
        JSONParser.parse(Array(syncPayload[flag.source]), file: flag.key).node
    }

    private var sharedRules: Node? {
        sharedSource.flatMap { JSONParser.parse(Array(syncPayload[$0]), file: "$evaluators").node }
    }
}
