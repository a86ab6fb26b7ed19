/// What a test waited for, or wanted to be true, and was not.
package struct Unmet: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}

/// Waits until `condition` gives a value. Only a defect takes as long as the limit.
///
/// - Parameter isolation: where the condition is looked at: where the caller is.
package func eventually<Value>(
    _ what: String, within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if let value = try await condition() { return value }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw Unmet("\(limit) were not enough for \(what)")
}

/// Waits until it is so.
package func waitFor(
    _ what: String, within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    until isSo: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: limit) { try await isSo() ? true : nil }
}
