import Dispatch
import Wire

/// A serial queue for calls that wait for the disk, so that they hold no thread of the tasks.
struct BlockingWork: Sendable {
    private let queue: DispatchQueue

    init(_ label: String) {
        queue = DispatchQueue(label: label)
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    func run<Value: Sendable>(throwing body: @escaping @Sendable () throws(Problem) -> Value) async throws(Problem)
        -> Value
    {
        let result: Result<Value, Problem> = await run {
            do throws(Problem) { return .success(try body()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
