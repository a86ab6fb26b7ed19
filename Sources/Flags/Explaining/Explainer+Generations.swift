extension Explainer {
    /// Says so when a client that hashes by the other generation, and evaluates by itself, gives this key something else.
    mutating func noteOtherGeneration(_ values: [FlagValue], _ chosen: FlagValue, _ depth: Int) {
        let other: Bucketing = scope.bucketing == .v3 ? .v2 : .v3
        // The generations take different arguments for the key, so it is asked of the operator itself.
        guard case .values(let fractional) = Operator.fractional.body else { return }
        scope.budget.refill()
        let answer = (try? fractional(values, scope.hashing(as: other))) ?? .null
        guard answer != chosen else { return }
        let given = answer == .null ? "the default" : shown(answer)
        note(
            .note,
            "clients that evaluate by themselves and hash as \(other) give this key \(given): "
                + "this environment hashes as \(scope.bucketing)", depth)
    }
}
