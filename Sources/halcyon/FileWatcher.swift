import Foundation
import Logging
import Ports
import ServiceLifecycle
import Wire

/// Takes what files hold, and again whenever one changes. A wrong file changes nothing, and says so.
struct FileWatcher: Service {
    let paths: [String]
    let logger: Logger
    /// Who it is that brings files.
    static let principal = Principal(name: "files", role: .operator)
    /// Takes what all of them hold.
    let take: @Sendable ([ApplyRequest.File]) async throws(Problem) -> [ApplyAnswer.Item]

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var taken: [ApplyRequest.File] = []
            while !Task.isCancelled {
                taken = await look(after: taken)
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    /// Takes the files when they are not what they were.
    func look(after taken: [ApplyRequest.File]) async -> [ApplyRequest.File] {
        let files = read()
        guard files != taken, !files.isEmpty else { return files.isEmpty ? taken : files }
        do throws(Problem) {
            for item in try await take(files) where item.outcome != .unchanged {
                logger.notice("\(item.kind) \(item.name): \(item.outcome.rawValue)")
                for warning in item.warnings { logger.warning("\(item.kind) \(item.name): \(warning)") }
            }
        } catch {
            logger.error("nothing was applied:\n\(error.description)")
        }
        return files
    }

    private func read() -> [ApplyRequest.File] {
        paths.flatMap(expand).compactMap { path in
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                logger.warning("\(path) cannot be read")
                return nil
            }
            return ApplyRequest.File(name: path, text: text)
        }
    }

    private func expand(_ path: String) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }
            .sorted().map { "\(path)/\($0)" }
    }
}
