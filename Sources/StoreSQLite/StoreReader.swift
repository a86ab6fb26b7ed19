import GRDB
import Ports

/// Reads on the pool's reader connections, each in a snapshot of its own.
struct StoreReader: Sendable {
    let pool: DatabasePool
    let path: String

    /// Not GRDB's own `async` reading: that throws when the task is cancelled, and the port knows no such error.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(StoreError)
        -> Value
    {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            pool.asyncRead { access in
                let value = Result { try body(access.get()) }
                continuation.resume(returning: value.mapError { Refusal.of($0, path: path) })
            }
        }
        return try result.get()
    }
}
