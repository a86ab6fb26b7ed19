import Foundation
import Logging
import Ports
import ServiceLifecycle
import Wire

/// Applies documents from files, and again whenever a file changes. A wrong file changes nothing, and says so.
struct FileWatcher: Service {
    let paths: [String]
    let surface: any ControlSurface
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var applied: [ApplyRequest.File] = []
            while !Task.isCancelled {
                let files = read()
                if files != applied {
                    await apply(files)
                    applied = files
                }
                try? await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func apply(_ files: [ApplyRequest.File]) async {
        do throws(Problem) {
            // The files may be there before their hosts: nobody would apply them again when those join.
            let answer = try await surface.apply(
                ApplyRequest(files: files, allowNoHosts: true), by: Principal(name: "files", role: .operator))
            for item in answer.items where item.outcome != .unchanged {
                logger.notice("\(item.kind) \(item.name): \(item.outcome.rawValue)")
                for warning in item.warnings { logger.warning("\(item.kind) \(item.name): \(warning)") }
            }
        } catch {
            logger.error("nothing was applied:\n\(error.description)")
        }
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
