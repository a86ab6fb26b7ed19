import FlagRegistry
import FoundationEssentials
import Logging
import Specs
import Wire

/// A file of `--flags`, with the environment that it is for.
struct WatchedFlags {
    var environment: String
    var path: String
    var watcher: FileWatcher

    /// - Throws: `Problem` for a folder, an environment without a name, or a file that is named twice.
    static func all(_ words: [String], of registry: FlagRegistry, logger: Logger) throws(Problem) -> [WatchedFlags] {
        var files: [WatchedFlags] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            // A path may hold an equals sign, but an environment's name no slash.
            let hasEnvironment = parts.count == 2 && !parts[0].contains("/")
            let environment = hasEnvironment ? parts[0] : FlagRegistry.production
            let path = hasEnvironment ? parts[1] : word
            guard isValidName(environment), !path.isEmpty else {
                throw Problem(.invalid, "'\(word)' is not FILE or ENVIRONMENT=FILE")
            }
            guard !files.contains(where: { $0.path == path && $0.environment == environment }) else {
                throw Problem(.invalid, "--flags names \(path) twice")
            }
            var isFolder = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder else {
                throw Problem(.invalid, "there is no file \(path)", hint: "--flags takes single files")
            }
            let watcher = FileWatcher(paths: [path], logger: logger) { (files) async throws(Problem) in
                var items: [ApplyAnswer.Item] = []
                for file in files {
                    items += try await registry.bring(file, environment: environment, by: FileWatcher.principal)
                }
                return items
            }
            files.append(WatchedFlags(environment: environment, path: path, watcher: watcher))
        }
        return files
    }
}
