import Glibc
import Specs
import Supervision
import Synchronization
import Testing
import Values

@testable import Runtimes

extension Processes {
    @Suite("Control groups")
    struct GroupTests {
        static var root: String? {
            ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].first {
                access("\($0)/cgroup.controllers", F_OK) == 0 && access($0, W_OK) == 0
            }
        }

        /// A folder that looks like the hierarchy of version 2.
        private func inFolder(_ body: (String) async throws -> Void) async throws {
            var template = Array("/tmp/agent-groups-XXXXXX".utf8CString)
            let root = String(cString: try #require(mkdtemp(&template)))
            mkdir("\(root)/system.slice", 0o755)
            mkdir("\(root)/system.slice/halcyon-agent.service", 0o755)
            mkdir("\(root)/system.slice/halcyon-agent.service/agent", 0o755)
            defer {
                for name in ["/halcyon-1", "/agent/halcyon-1", "/agent/agent", "/agent", ""] {
                    rmdir("\(root)/system.slice/halcyon-agent.service\(name)")
                }
                for name in ["system.slice", "halcyon-1", ""] { rmdir("\(root)/\(name)") }
            }
            try await body(root)
        }

        @Test("An agent in a group of its own below its unit's makes groups there, if the unit's is delegated")
        func delegated() async throws {
            try await inFolder { root in
                let unit = "/system.slice/halcyon-agent.service"
                let find: () throws -> String = {
                    try GroupPlace.find(root: root, own: "\(unit)/agent", name: "halcyon-1").folder
                }
                #expect(try find() == "\(root)/halcyon-1")
                rmdir("\(root)/halcyon-1")
                let bench = try Bench()
                let mark = "import os, sys; os.setxattr(sys.argv[1], 'user.delegate', b'1')"
                try bench.start(["/usr/bin/python3", "-c", mark, "\(root)\(unit)"])
                #expect(try await bench.end().0 == .code(0), "\(bench.output)")
                #expect(try find() == "\(root)\(unit)/halcyon-1")
                // In the unit's own group, controllers for its members would keep the manager from starting the agent again.
                #expect(try GroupPlace.find(root: root, own: unit, name: "halcyon-1").folder == "\(root)/halcyon-1")
                let known = GroupPlace.known(root: root, own: "\(unit)/agent", name: "halcyon-1")
                #expect(known.prefix(2) == ["\(root)\(unit)/halcyon-1", "\(root)/halcyon-1"])
            }
        }

        @Test(
            "Empty groups of agents that live no more are removed, those of living ones stay", .enabled(if: root != nil)
        )
        func abandoned() throws {
            let root = try #require(GroupTests.root)
            let gone = "\(root)/halcyon-gone\(getpid())"
            mkdir(gone, 0o755)
            mkdir("\(gone)/web-1", 0o755)
            let living = try Bench()
            let own = try #require(living.runtime.groups.place?.folder)
            do {
                let other = try Bench()
                other.runtime.groups.removeAbandoned()
                #expect(access(gone, F_OK) != 0)
                #expect(access(own, F_OK) == 0)
                let mine = try #require(other.runtime.groups.place?.folder)
                #expect(access(mine, F_OK) == 0)
                // At its end an agent gives its own back.
                other.runtime.end()
                #expect(access(mine, F_OK) != 0)
            }
            withExtendedLifetime(living) {}
        }

        @Test("A group that somebody has removed is made again, with its instance in it", .enabled(if: root != nil))
        func removedMeanwhile() async throws {
            let bench = try Bench()
            rmdir(try #require(bench.runtime.groups.place?.folder))
            try bench.start(["/bin/sleep", "1000"])
            let running = try #require(bench.runtime.running("web-1"))
            #expect(bench.runtime.groups.processes(instance: "web-1") == [running.pid])
        }

        @Test("What is left of an ended instance is killed again until it is gone, and said", .enabled(if: root != nil))
        func leftovers() async throws {
            let bench = try Bench()
            try bench.start(["/bin/sleep", "1000"])
            let running = try #require(bench.runtime.running("web-1"))
            // As if it had ended, and its killing had failed.
            bench.runtime.state.withLock { $0.leftovers["web-1"] = ExecRuntime.Leftover(attempts: 7) }
            #expect(bench.runtime.warnings.contains { $0.contains("(web-1); they may wait for a disk") })
            try await bench.wait("its end") {
                _ = bench.runtime.tidy()
                let isNoted = bench.runtime.state.withLock { $0.leftovers["web-1"] != nil }
                return !isNoted && !bench.runtime.groups.has(instance: "web-1")
            }
            #expect(!bench.runtime.warnings.contains { $0.contains("web-1") })
            withExtendedLifetime(running) {}
        }

        @Test("However large a limit is, it is not more than the kernel can keep")
        func hugeLimit() async throws {
            for cpu in [1e14, 0, -1, .greatestFiniteMagnitude] {
                let bench = try Bench()
                try bench.start(["/bin/true"], limits: ResourceLimits(cpu: cpu))
                #expect(try await bench.end().0 == .code(0))
            }
        }

        @Test("A service is no more spared than others when memory runs out, even if its agent is")
        func outOfMemory() async throws {
            // Only an administrator may be spared.
            let own = "/proc/self/oom_score_adj"
            let before = String(decoding: try AtomicFile.read(own) ?? [], as: UTF8.self).filter { !$0.isWhitespace }
            guard GroupFiles.put("-7", into: own) else { return }
            defer { GroupFiles.put(before, into: own) }
            let bench = try Bench()
            try bench.start(["/bin/cat", own])
            #expect(try await bench.end().1 == ["0"])
        }
    }
}
