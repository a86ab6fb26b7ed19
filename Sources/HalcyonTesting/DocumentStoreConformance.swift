public import Ports

/// Every promise of `DocumentStore`, as named checks that any implementation has to pass unchanged.
///
/// ```swift
/// let failures = await DocumentStoreConformance.run { try StoreUnderTest(store: MyStore()) }
/// ```
/// It uses no testing framework: run it from any.
public enum DocumentStoreConformance {
    /// One promise. The check is given an empty store of its own.
    public struct Check: Sendable, CustomStringConvertible {
        public let name: String
        let body: @Sendable (StoreUnderTest) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (StoreUnderTest) async throws -> Void) {
            self.name = name
            self.body = body
        }

        public var description: String { name }

        /// Runs the check and closes its store. Returns what was wrong, or `nil`.
        public func run(_ makeStore: () async throws -> StoreUnderTest) async -> Failure? {
            let subject: StoreUnderTest
            do {
                subject = try await makeStore()
            } catch {
                return Failure(check: name, message: "the store could not be made: \(error)")
            }
            let failure: Failure?
            do {
                try await body(subject)
                failure = nil
            } catch let broken as BrokenPromise {
                failure = Failure(check: name, message: broken.message)
            } catch {
                failure = Failure(check: name, message: "threw \(error)")
            }
            await subject.close()
            return failure
        }
    }

    /// A promise that was not kept.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let check: String
        public let message: String

        public var description: String { "\(check): \(message)" }
    }

    /// All promises, in the order to read them.
    public static let checks: [Check] =
        documentChecks + transactionChecks + listingChecks + concurrencyChecks + changeChecks + leaseChecks

    /// Runs all checks one after the other, each on a new store, and returns those that failed.
    public static func run(makeStore: () async throws -> StoreUnderTest) async -> [Failure] {
        var failures: [Failure] = []
        for check in checks {
            if let failure = await check.run(makeStore) { failures.append(failure) }
        }
        return failures
    }
}

/// A store to check, with what the port has no words for.
public struct StoreUnderTest: Sendable {
    public let store: any DocumentStore
    /// Lets time pass for its leases: moves an injected clock, or sleeps.
    public let pass: @Sendable (_ seconds: Int) async throws -> Void
    /// Ends the store and removes what it left. May be called twice.
    public let close: @Sendable () async -> Void

    public init(
        store: any DocumentStore,
        pass: @escaping @Sendable (_ seconds: Int) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
        close: @escaping @Sendable () async -> Void
    ) {
        self.store = store
        self.pass = pass
        self.close = close
    }
}

/// Thrown by a check; the runner adds the check's name.
struct BrokenPromise: Error {
    let message: String
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw BrokenPromise(message: message()) }
}

func requireEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
    try require(found == expected, "\(what()): expected \(expected), found \(found)")
}

/// Requires that a commit meets a conflict on this document.
func requireConflict(
    _ key: DocumentKey, current: Revision?, _ what: String, _ commit: () async throws -> Revision
) async throws {
    do {
        let revision = try await commit()
        throw BrokenPromise(message: "\(what): expected a conflict, but revision \(revision.number) was committed")
    } catch let error as StoreError {
        try requireEqual(error, .conflict(key, current: current), what)
    }
}

extension DocumentStore {
    @discardableResult
    func put(_ key: DocumentKey, _ text: String, if preconditions: Precondition...) async throws -> Revision {
        try await commit(Transaction(preconditions: preconditions, writes: [.put(key, Array(text.utf8))]))
    }

    @discardableResult
    func delete(_ key: DocumentKey, if preconditions: Precondition...) async throws -> Revision {
        try await commit(Transaction(preconditions: preconditions, writes: [.delete(key)]))
    }

    func text(_ key: DocumentKey) async throws -> String? {
        try await read(key).map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}
