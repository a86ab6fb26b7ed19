import ControlPlane
import Logging
import Ports
import Series
import ServiceLifecycle
import Values
import Wire

/// Evaluates the recording rules of files for as long as the server runs.
struct RuleService: Service {
    let book: RuleBook

    /// The evaluation, and what reads the files again when they change.
    static func all(_ paths: [String], of book: RuleBook, logger: Logger) -> [any Service] {
        let watcher = FileWatcher(paths: paths, logger: logger) { (files) async throws(Problem) in
            for warning in try book.take(files) { logger.warning("\(warning)") }
            return []
        }
        return [RuleService(book: book), watcher]
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await book.run() }
    }
}
