import Glibc
import Runtimes
import Specs
import Supervision
import Synchronization
import Testing
import Values
import Wire

@Suite("Processes of this host")
struct ExecRuntimeTests {
    @Test("A process gets its socket, its variables and nothing else; its end and its output are told")
    func environment() async throws {
        let bench = try Bench()
        let script = """
            echo "args $*"; echo "fds $LISTEN_FDS $LISTEN_FDNAMES $HALCYON_PROBE_FD"
            [ "$LISTEN_PID" = "$$" ] && echo "pid is right"
            echo "port $PORT who $HALCYON_SERVICE $HALCYON_VERSION $HALCYON_INSTANCE secret [$AGENT_SECRET]"
            ls /proc/$$/fd | tr '\\n' ' '; ps -o pgid=,sid= -p $$ | tr -s ' '; exit 7
            """
        setenv("AGENT_SECRET", "x", 1)
        try bench.start(["/bin/sh", "-c", script, "sh", "${VERSION}"], listen: "127.0.0.1:\(Bench.freePort())")
        let (status, output) = try await bench.end()
        #expect(status == .code(7))
        #expect(output.contains("args v1"))
        #expect(output.contains("fds 1 http 4"))
        #expect(output.contains("pid is right"))
        #expect(output.contains { $0.hasSuffix("who web v1 web-1 secret []") })
        #expect(output.contains { $0.hasPrefix("0 1 2 3 4 ") })
    }

    @Test("SIGTERM goes to the main process; what it leaves behind is killed")
    func childrenAreKilled() async throws {
        let bench = try Bench()
        try bench.start(["/bin/sh", "-c", "(trap '' TERM; setsid sleep 1000 & sleep 1000) & echo up; wait"])
        try await bench.wait("its output") { bench.output == ["up"] }
        let all = try #require(bench.runtime.running("web-1")).processes
        try #require(bench.runtime.warnings.isEmpty, "without control groups the rest cannot be assured")
        #expect(all.count >= 3)
        bench.runtime.terminate("web-1")
        _ = try await bench.end()
        try await bench.wait("the children's end") { all.allSatisfy { ProcessIdentity(pid: $0)?.isAlive != true } }
    }

    @Test("Limits are enforced where the kernel can")
    func limits() async throws {
        let bench = try Bench()
        let limits = ResourceLimits(memory: .mebibytes(48), processes: 20)
        try bench.start(["python3", "-c", "x = bytearray(200_000_000); print(len(x))"], limits: limits)
        let (status, output) = try await bench.end()
        if bench.runtime.warnings.isEmpty {
            #expect(status == .signal(SIGKILL), "\(output)")
        }
    }

    @Test("What cannot be started says why")
    func cannotStart() throws {
        let bench = try Bench()
        let cases: [([String], String)] = [
            (["./nothing"], "./nothing does not exist in the artefact"),
            (["no-such-program-anywhere"], "is neither in the artefact nor in the agent's PATH"),
            (["/etc/passwd"], "/etc/passwd is not executable"),
            ([], "run.command is empty"),
        ]
        for (command, words) in cases {
            let failure = #expect(throws: StartFailure.self) { try bench.start(command) }
            #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
        }
        let socket = try ListeningSocket(ListenAddress(host: "127.0.0.1", port: 0))
        let failure = #expect(throws: StartFailure.self) {
            try bench.start(["/bin/true"], listen: "\(socket.address)")
        }
        #expect(failure?.step == .listen)
        #expect(failure?.message == "listening on \(socket.address): Address already in use")
        #expect(ProcessFiles.folder("\(bench.folder)/instances").isEmpty)
    }

    @Test("A log is cut at its front while its writer goes on, and no line in it is lost")
    func boundedLog() async throws {
        let bench = try Bench()
        let script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo \"line $i of the output that is bounded\"; done"
        try bench.start(["/bin/bash", "-c", script], logs: LogLimits(size: ByteSize(bytes: 128 << 10)))
        var cuts = 0
        while bench.ended == nil {
            cuts += bench.runtime.tidy().count
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(cuts > 1)
        let lines = LogFolder.tail(bench.log, lines: 100_000).dropFirst()
        let numbers = lines.compactMap { Int($0.split(separator: " ")[1]) }
        #expect(numbers.last == 60_000)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
    }
}

/// A runtime in a folder of its own, with one instance.
private final class Bench: Sendable {
    let folder: String
    let runtime: ExecRuntime
    private let watcher: ProcessWatcher
    private let end_: Ending

    final class Ending: Sendable {
        let value = Mutex<(Supervision.ExitStatus, [String])?>(nil)
    }

    init() throws {
        var template = Array("/tmp/agent-runtime-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError("making a folder", code: errno) }
        folder = String(cString: made)
        watcher = try ProcessWatcher()
        let ending = Ending()
        end_ = ending
        let place = ExecRuntime.Place(
            folder: folder, agent: String(folder.suffix(6)), host: "host-1", address: "127.0.0.1")
        runtime = ExecRuntime(place, watcher: watcher) { event in
            if case .ended(_, _, let status, let output) = event { ending.value.withLock { $0 = (status, output) } }
        }
    }

    deinit { watcher.stop() }

    var log: String { runtime.logs.file(service: "web", instance: "web-1") }
    var output: [String] { LogFolder.tail(log, lines: 100) }
    var ended: (Supervision.ExitStatus, [String])? { end_.value.withLock { $0 } }

    func start(
        _ command: [String], listen: String? = nil, limits: ResourceLimits = ResourceLimits(),
        logs: LogLimits = LogLimits()
    ) throws {
        let run = RunSpec(
            command: command, listen: listen, handover: listen == nil ? .restart : .socket, limits: limits, logs: logs)
        let version = DesiredVersion(version: "v1", artefact: ArtefactReference(digest: "sha256:0", size: 0), run: run)
        let instance = Instance(id: "web-1", version: version, startedAt: .epoch)
        try runtime.start(instance, service: "web", artefact: folder)
    }

    func wait(_ words: String, _ condition: () -> Bool) async throws {
        for _ in 0..<1500 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(words) did not come: \(output)")
        throw CancellationError()
    }

    func end() async throws -> (Supervision.ExitStatus, [String]) {
        try await wait("the end") { ended != nil }
        return ended ?? (.unknown, [])
    }

    static func freePort() -> Int {
        (try? ListeningSocket(ListenAddress(host: "127.0.0.1", port: 0))).map { Int($0.address.port) } ?? 0
    }
}
