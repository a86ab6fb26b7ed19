import Foundation
import Glibc
import Logging
import Ports
import ServiceLifecycle
import Synchronization
import Wire

/// Takes what files hold, and again whenever one changes. A wrong file changes nothing, and says so.
final class FileWatcher: Service {
    /// Who it is that brings files: whoever may name files to the server may do everything with it.
    static let principal = Principal(name: "files", role: .admin)

    private let paths: [String]
    private let logger: Logger
    private let take: @Sendable ([ApplyRequest.File]) async throws(Problem) -> [ApplyAnswer.Item]
    /// The files as they were when they were taken.
    private let taken = Mutex<[Stamp]>([])
    /// When files that could not be taken, through no fault of theirs, are tried again.
    private let again = Mutex<ContinuousClock.Instant?>(nil)
    private static let retryEvery = Duration.seconds(5)

    /// - Parameter take: takes what all of the files hold.
    init(
        paths: [String], logger: Logger,
        take: @escaping @Sendable ([ApplyRequest.File]) async throws(Problem) -> [ApplyAnswer.Item]
    ) {
        self.paths = paths
        self.logger = logger
        self.take = take
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            if self.taken.withLock(\.isEmpty) { await self.look() }
            var last = self.stamps()
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                let now = self.stamps()
                // A file that changed this very moment may be half written: it is taken when it rests.
                if now == last, self.isDue(now) { await self.look() }
                last = now
            }
        }
    }

    private func isDue(_ now: [Stamp]) -> Bool {
        now != taken.withLock { $0 } || again.withLock { $0.map { $0 <= .now } ?? false }
    }

    /// Takes the files as they are now.
    func look() async {
        taken.withLock { $0 = stamps() }
        again.withLock { $0 = nil }
        let files = read()
        guard !files.isEmpty else { return }
        do throws(Problem) {
            for item in try await take(files) where item.outcome != .unchanged {
                logger.notice("\(item.kind) \(item.name): \(item.outcome.rawValue)")
                for warning in item.warnings { logger.warning("\(item.kind) \(item.name): \(warning)") }
            }
        } catch {
            logger.error("nothing was applied:\n\(error.description)")
            // What is wrong with the files is mended in them; a store that was full may have room again.
            if [.unavailable, .conflict, .internal].contains(error.kind) {
                again.withLock { $0 = .now + FileWatcher.retryEvery }
            }
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

    private func stamps() -> [Stamp] { paths.flatMap(expand).map(Stamp.init) }

    /// What changes about a file when its content does: looking at it is cheaper than reading it.
    private struct Stamp: Equatable {
        var path: String
        var file: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int

        init(_ path: String) {
            var status = stat()
            if stat(path, &status) != 0 { status = Glibc.stat() }
            self.path = path
            file = UInt(status.st_ino)
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }
}
