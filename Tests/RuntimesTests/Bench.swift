import FoundationEssentials
import Glibc
import Specs
import Supervision
import Synchronization
import Testing
import Values
import Wire

@testable import Runtimes

/// A runtime in a folder of its own.
final class Bench: Sendable {
    let folder: String
    let agent: String
    let runtime: ExecRuntime
    private let watcher: ProcessWatcher
    private let endings: Endings
    /// Whether the folder goes with the bench.
    private let ownsFolder: Bool

    private final class Endings: Sendable {
        let saidReady = Mutex(false)
        let ended = Mutex<[String: (Supervision.ExitStatus, [String])]>([:])
    }

    /// - Parameters:
    ///   - earlier: the bench whose folder and agent this one takes over.
    ///   - mayWrite: asked before a record is written.
    init(
        groups: ControlGroups.Use = .all, after earlier: Bench? = nil,
        mayWrite: @escaping @Sendable (InstanceRecord) throws -> Void = { _ in }
    ) throws {
        var template = Array("/tmp/agent-runtime-XXXXXX".utf8CString)
        if let earlier {
            folder = earlier.folder
        } else {
            guard let made = mkdtemp(&template) else { throw SystemError("making a folder", code: errno) }
            folder = String(cString: made)
        }
        ownsFolder = earlier == nil
        agent = "test\(folder.suffix(6))"
        watcher = try ProcessWatcher()
        let endings = Endings()
        self.endings = endings
        let place = ExecRuntime.Place(folder: folder, agent: agent, host: "host-1", address: "127.0.0.1")
        runtime = ExecRuntime(
            place, watcher: watcher, groups: ControlGroups(agent: agent, use: groups),
            records: InstanceRecords(folder: "\(folder)/instances", mayWrite: mayWrite)
        ) { event in
            switch event {
            case .ended(_, let instance, let status, let output):
                endings.ended.withLock { $0[instance] = (status, output) }
            case .saidReady: endings.saidReady.withLock { $0 = true }
            }
        }
    }

    /// Leaves nothing behind: no process, no folder, no group.
    deinit {
        watcher.stop()
        let left = runtime.state.withLock { Array($0.running.values) }
        for instance in left { instance.endAtOnce() }
        guard ownsFolder else { return }
        let deadline = monotonicMicroseconds() + 5_000_000
        for id in runtime.groups.instances() {
            while !runtime.groups.remove(instance: id), monotonicMicroseconds() < deadline {
                _ = runtime.groups.kill(instance: id)
                usleep(1000)
            }
        }
        runtime.end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var log: String { runtime.logs.file(service: "web", instance: "web-1") }
    var output: [String] { LogFolder.tail(log, lines: 100) }
    var saidReady: Bool { endings.saidReady.withLock { $0 } }
    var ended: (Supervision.ExitStatus, [String])? { ended("web-1") }
    func ended(_ id: String) -> (Supervision.ExitStatus, [String])? { endings.ended.withLock { $0[id] } }

    func instance(
        _ id: String, _ command: [String], listen: String? = nil, limits: ResourceLimits = ResourceLimits(),
        logs: LogLimits = LogLimits(), user: String? = nil, group: String? = nil
    ) -> Instance {
        let run = RunSpec(
            command: command, user: user, group: group, listen: listen, handover: listen == nil ? .restart : .socket,
            limits: limits, logs: logs)
        let version = DesiredVersion(version: "v1", artefact: ArtefactReference(digest: "sha256:0", size: 0), run: run)
        return Instance(id: id, version: version, startedAt: .epoch)
    }

    func start(_ instance: Instance) throws {
        try runtime.start(instance, service: "web", artefact: folder)
    }

    func instance(
        _ command: [String], listen: String? = nil, logs: LogLimits = LogLimits()
    ) -> Instance { instance("web-1", command, listen: listen, logs: logs) }

    func start(
        _ command: [String], listen: String? = nil, limits: ResourceLimits = ResourceLimits(),
        logs: LogLimits = LogLimits(), user: String? = nil, group: String? = nil
    ) throws {
        try start(instance("web-1", command, listen: listen, limits: limits, logs: logs, user: user, group: group))
    }

    func wait(_ words: String, _ condition: () -> Bool) async throws {
        for _ in 0..<1500 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(words) did not come: \(output)")
        throw CancellationError()
    }

    func end(_ id: String = "web-1") async throws -> (Supervision.ExitStatus, [String]) {
        try await wait("the end") { ended(id) != nil }
        return ended(id) ?? (.unknown, [])
    }
}

/// A file system of a fixed size in memory.
final class SmallDisk {
    private let path: String

    /// Root in a container may not mount.
    static var canMount: Bool {
        var template = Array("/tmp/agent-disk-XXXXXX".utf8CString)
        guard geteuid() == 0, let made = mkdtemp(&template) else { return false }
        defer { rmdir(made) }
        return (try? SmallDisk(at: String(cString: made), size: "64k")) != nil
    }

    init(at path: String, size: String) throws {
        self.path = path
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else {
            throw SystemError("mounting \(path)", code: errno)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    /// Takes all the room that is left.
    func fill() throws {
        let number = open("\(path)/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw SystemError("opening a filler", code: errno) }
        let file = Descriptor(number)
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file.number, block, block.count) > 0 {}
    }

    func empty() { unlink("\(path)/filler") }
}
