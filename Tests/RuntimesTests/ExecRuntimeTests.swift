import Glibc
import Specs
import Supervision
import Synchronization
import Testing
import Values
import Wire

@testable import Runtimes

extension Processes {
    @Suite("Processes of this host")
    struct ExecRuntimeTests {
        @Test("A process gets its socket, its variables and nothing else; its end and its output are told")
        func environment() async throws {
            let bench = try Bench()
            let script = """
                echo "args $*"; echo "fds $LISTEN_FDS $LISTEN_FDNAMES $HALCYON_PROBE_FD"
                [ "$LISTEN_PID" = "$$" ] && echo "pid is right"
                echo "who $HALCYON_SERVICE $HALCYON_VERSION $HALCYON_INSTANCE"
                echo names $(tr '\\0' '\\n' < /proc/$$/environ | cut -d= -f1 | sort)
                ls /proc/$$/fd | tr '\\n' ' '; ps -o pgid=,sid= -p $$ | tr -s ' '; exit 7
                """
            try bench.start(["/bin/sh", "-c", script, "sh", "${VERSION}"], listen: "127.0.0.1:0")
            let (status, output) = try await bench.end()
            #expect(status == .code(7))
            #expect(output.contains("args v1"))
            #expect(output.contains("fds 1 http 4"))
            #expect(output.contains("pid is right"))
            #expect(output.contains("who web v1 web-1"))
            // Whatever else is in the agent's own environment may be secret.
            let allowed: Set = [
                "ADDRESS", "HALCYON_AGENT", "HALCYON_HOST", "HALCYON_INSTANCE", "HALCYON_PROBE_FD", "HALCYON_SERVICE",
                "HALCYON_VERSION", "HOME", "LANG", "LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET",
                "PATH",
                "PORT", "TZ",
            ]
            let names =
                output.first { $0.hasPrefix("names ") }?.split(separator: " ").dropFirst().map(String.init) ?? []
            #expect(names.contains("NOTIFY_SOCKET") && Set(names).subtracting(allowed) == [])
            #expect(output.contains { $0.hasPrefix("0 1 2 3 4 ") })
        }

        @Test("SIGTERM goes to the main process; what it leaves behind is killed")
        func childrenAreKilled() async throws {
            let bench = try Bench()
            try bench.start(["/bin/sh", "-c", "(trap '' TERM; setsid sleep 1000 & sleep 1000) & echo up; wait"])
            try await bench.wait("its output") { bench.output == ["up"] }
            let running = try #require(bench.runtime.running("web-1"))
            try await bench.wait("its children") { running.processes.count >= 3 }
            let all = running.processes
            try #require(bench.runtime.warnings.isEmpty, "without control groups the rest cannot be assured")
            bench.runtime.terminate("web-1")
            _ = try await bench.end()
            try await bench.wait("the children's end") { all.allSatisfy { ProcessIdentity(pid: $0)?.isAlive != true } }
        }

        @Test(
            "Children that have left their parent, their group and their session end too",
            arguments: [ControlGroups.Use.all, .onlyLegacy, .none])
        func daemonsAreKilled(groups: ControlGroups.Use) async throws {
            let bench = try Bench(groups: groups)
            // Once a daemon that forks twice, and once a child without any environment, whose parent ends later.
            let script = """
                (setsid sh -c 'trap "" TERM; sleep 1000 & echo $!; sleep 1000' &)
                (env -i setsid sleep 1000 >/dev/null 2>&1 & echo $!; while [ ! -e go ]; do sleep 0.02; done; echo left) &
                while :; do sleep 0.1; done
                """
            try bench.start(["/bin/sh", "-c", script])
            try await bench.wait("two children") { bench.output.count == 2 }
            let children = bench.output.compactMap { Int32($0) }.compactMap { ProcessIdentity(pid: $0) }
            #expect(children.count == 2)
            _ = bench.runtime.tidy()
            try AtomicFile.write([], to: "\(bench.folder)/go")
            try await bench.wait("the parent's end") { bench.output.contains("left") }
            bench.runtime.terminate("web-1")
            _ = try await bench.end()
            try await bench.wait("the children's end") { children.allSatisfy { !$0.isAlive } }
            // They are collected too, wherever they ended up.
            try await bench.wait("nothing is left") {
                _ = bench.runtime.tidy()
                return children.allSatisfy { ProcessIdentity(pid: $0.pid) != $0 }
            }
        }

        @Test(
            "A service runs as its user, with its groups and its home; what it is handed works",
            .enabled(if: geteuid() == 0))
        func user() async throws {
            let bench = try Bench()
            let script = """
                import os, pwd, socket
                print(pwd.getpwuid(os.getuid()).pw_name, os.getgid(), os.getgroups(), os.environ["HOME"], os.environ["USER"], flush=True)
                open("/dev/stdout", "a").write("its log can be opened\\n")
                for fd in 3, 4: socket.socket(fileno=os.dup(fd)).getsockname()
                n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                n.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
                try: os.setuid(0)
                except PermissionError: print("it cannot go back", flush=True)
                """
            let start = {
                try bench.start(
                    ["/usr/bin/python3", "-c", script], listen: "127.0.0.1:0", user: "nobody",
                    group: "daemon")
            }
            let failure = #expect(throws: StartFailure.self) { try start() }
            #expect(failure?.message.hasPrefix("run.user 'nobody': that user may not enter \(bench.folder)") == true)
            for folder in [bench.folder, "\(bench.folder)/run"] { chmod(folder, 0o755) }
            try start()
            _ = try await bench.end()
            let (group, home) = (getgrnam("daemon")?.pointee.gr_gid ?? 0, "/nonexistent")
            #expect(
                bench.output == [
                    "nobody \(group) [\(group)] \(home) nobody", "its log can be opened", "it cannot go back",
                ])
            #expect(bench.saidReady)
        }

        @Test("A user that cannot be had is refused, with the field and the host")
        func unknownUser() throws {
            let run = RunSpec(command: ["x"], user: "nobdy")
            let unknown = #expect(throws: StartFailure.self) { try Account.wanted(by: run, host: "web-1", agent: 0) }
            #expect(
                unknown?.message
                    == "run.user 'nobdy': host web-1 has no such user; did you mean nobody? Otherwise make it there, or correct run.user"
            )
            let other = RunSpec(command: ["x"], user: "root")
            let refused = #expect(throws: StartFailure.self) {
                try Account.wanted(by: other, host: "web-1", agent: 65534)
            }
            #expect(
                refused?.message.hasPrefix("run.user 'root': the agent of host web-1 runs as nobody, and only root")
                    == true
            )
            #expect(try Account.wanted(by: RunSpec(command: ["x"], user: "nobody"), host: "web-1", agent: 65534) == nil)
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
            // However busy this machine is, a third of the lines comes before the first cut, and a third after the second.
            let script = """
                for cut in 1 2 3; do
                    for i in $(seq $((cut * 20000 - 19999)) $((cut * 20000))); do echo "line $i of the output that is bounded"; done
                    while [ $cut -lt 3 ] && [ ! -e cut$cut ]; do sleep 0.02; done
                done
                """
            try bench.start(["/bin/bash", "-c", script], logs: LogLimits(size: ByteSize(bytes: 128 << 10)))
            var cuts = 0
            while bench.ended == nil {
                if !bench.runtime.tidy().isEmpty {
                    cuts += 1
                    try AtomicFile.write([], to: "\(bench.folder)/cut\(cuts)")
                }
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(cuts > 1)
            let lines = LogFolder.tail(bench.log, lines: 100_000).dropFirst()
            let numbers = lines.compactMap { Int($0.split(separator: " ")[1]) }
            #expect(numbers.last == 60_000)
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
        }
    }
}
