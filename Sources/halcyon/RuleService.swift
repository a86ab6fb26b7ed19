import ControlPlane
import HTTPAPI
import Logging
import Ports
import Series
import ServiceLifecycle
import Values
import Wire

/// Evaluates the rules of files for as long as the server runs.
struct RuleService: Service {
    let book: RuleBook

    /// The evaluation, and what reads the files again when they change.
    static func all(_ paths: [String], of book: RuleBook, logger: Logger) -> (
        evaluation: RuleService, watcher: FileWatcher
    ) {
        let watcher = FileWatcher(paths: paths, logger: logger) { (files) async throws(Problem) in
            do throws(Problem) {
                for warning in try book.take(files) { logger.warning("\(warning)") }
            } catch {
                throw Problem(error.kind, "\(error.message)\nthe rules stay as they were", hint: error.hint)
            }
            return []
        }
        return (RuleService(book: book), watcher)
    }

    func run() async throws {
        // As queries they may take long, and hold up nothing else.
        let threads = QueryThreads(count: 2)
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(threads) { await book.run() }
        }
        await threads.shutDown()
    }
}
