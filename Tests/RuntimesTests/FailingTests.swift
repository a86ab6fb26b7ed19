import FoundationEssentials
import Glibc
import Specs
import Supervision
import Synchronization
import Testing
import Values

@testable import Runtimes

extension Processes {
    @Suite("What fails on a host harms nothing that serves")
    struct FailingTests {
        @Test("Six starts beside an instance that lives leave its output where it is, and within its bounds")
        func outputOfTheLiving() async throws {
            let bench = try Bench()
            let script = "while [ ! -e go ]; do sleep 0.02; done; seq 100000; touch done; exec sleep 1000"
            try bench.start(
                bench.instance(["/bin/sh", "-c", script], logs: LogLimits(size: ByteSize(bytes: 128 << 10))))
            for number in 2...7 {
                try bench.start(bench.instance("web-\(number)", ["/bin/sh", "-c", "exit 3"]))
                _ = try await bench.end("web-\(number)")
            }
            #expect(bench.runtime.logs.instances(service: "web").map(LogFolder.number) == [1, 3, 4, 5, 6, 7])
            // A person removes it; what has no name any more is bounded too.
            unlink(bench.log)
            let running = try #require(bench.runtime.running("web-1"))
            let place = LogFolder.place(of: running.record)
            #expect(place == "/proc/\(running.pid)/fd/1")
            try AtomicFile.write([], to: "\(bench.folder)/go")
            try await bench.wait("its output") { access("\(bench.folder)/done", F_OK) == 0 }
            #expect(bench.runtime.tidy().values.reduce(0, +) > 400_000)
            var status = stat()
            #expect(stat(place, &status) == 0 && status.st_size < 128 << 10)
        }

        @Test("A process whose record cannot be completed does not go on unwatched")
        func unwritableRecord() throws {
            let started = Mutex<ProcessIdentity?>(nil)
            let bench = try Bench { record in
                guard let process = record.process else { return }
                started.withLock { $0 = process }
                throw SystemError("writing a record", code: EIO)
            }
            let failure = #expect(throws: StartFailure.self) { try bench.start(["/bin/sleep", "1000"]) }
            #expect(failure?.message.hasPrefix("writing a record") == true)
            let process = try #require(started.withLock { $0 })
            #expect(ProcessIdentity(pid: process.pid) != process, "it was ended and collected")
            #expect(bench.runtime.running("web-1") == nil)
            #expect(ProcessFiles.folder("\(bench.folder)/instances").isEmpty)
        }

        @Test(
            "On a full disk a service starts, and the next agent has it back with its sockets; what was not written is written later",
            .enabled(if: SmallDisk.canMount, "mounting needs root"))
        func fullDisk() async throws {
            let bench = try Bench()
            mkdir("\(bench.folder)/instances", 0o755)
            let disk = try SmallDisk(at: "\(bench.folder)/instances", size: "64k")
            try disk.fill()
            let instance = bench.instance(["/bin/sleep", "1000"], listen: "127.9.8.7:8123")
            try bench.start(instance)
            let running = try #require(bench.runtime.running("web-1"))
            #expect(bench.runtime.warnings.contains { $0.contains("instance web-1 runs, but the disk of") })
            #expect(ProcessFiles.folder("\(bench.folder)/instances").filter { $0.hasSuffix(".json") }.isEmpty)

            let next = try Bench(after: bench)
            // Its machine could not be written either, and remembers the one before.
            let before = next.instance("web-0", ["/bin/sleep", "1000"], listen: "127.9.8.7:8123")
            let found = next.runtime.findRunning(known: [(service: "web", instance: before)])
            let record = try #require(found.running.first)
            #expect(found.running.count == 1 && record.instance.id == "web-1")
            #expect(record.process == running.record.process)
            #expect(record.socketInode == running.record.socketInode && record.address == running.record.address)
            #expect(record.probePort == running.record.probePort)
            #expect(record.notifyPath == running.record.notifyPath)
            #expect(next.runtime.warnings.contains { $0.contains("make room") })
            disk.empty()
            _ = next.runtime.tidy()
            #expect(!next.runtime.warnings.contains { $0.contains("make room") })
            #expect(InstanceRecords(folder: "\(bench.folder)/instances").readAll().records == [record])
            next.runtime.kill("web-1")
            _ = try await next.end()
            withExtendedLifetime(disk) {}
        }

        @Test("An instance whose end the kernel cannot tell of goes on, and is looked at until it is watched or over")
        func unwatched() async throws {
            let bench = try Bench()
            try bench.start(["/bin/sleep", "1000"])
            let running = try #require(bench.runtime.running("web-1"))
            let next = try Bench(after: bench)
            // The kernel tells no end of an ordinary file.
            let handle = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
            let blind = RunningInstance(
                record: running.record, handle: Descriptor(handle), notify: nil, groups: next.runtime.groups,
                agent: next.agent)
            next.runtime.takeIn(blind)
            #expect(next.runtime.warnings.contains { $0.contains("its end cannot be told at once") })
            #expect(running.record.process?.isAlive == true)
            #expect(next.runtime.running("web-1") === blind)
            _ = next.runtime.tidy()
            #expect(running.record.process?.isAlive == true)
            // With a handle that can be watched it is.
            next.runtime.state.withLock { $0.running["web-1"] = running }
            _ = next.runtime.tidy()
            #expect(!next.runtime.warnings.contains { $0.contains("web-1") })
            bench.runtime.kill("web-1")
            _ = try await next.end()
        }

        @Test("A process of which only its marks are known is named with what to do, for as long as it runs")
        func stranger() async throws {
            let bench = try Bench()
            try bench.start(["/bin/sleep", "1000"])
            let pid = try #require(bench.runtime.running("web-1")).pid
            unlink("\(bench.folder)/instances/web-1.json")
            let next = try Bench(after: bench)
            #expect(next.runtime.findRunning(known: []).running.isEmpty)
            #expect(
                next.runtime.warnings.contains(
                    "instance web-1 (process \(pid)) runs, but nothing is known of it; end it with kill \(pid), or deploy its "
                        + "service again"))
            #expect(ProcessFiles.placesInUse(below: "/tmp").contains(bench.folder))
            bench.runtime.kill("web-1")
            _ = try await bench.end()
            _ = next.runtime.tidy()
            #expect(!next.runtime.warnings.contains { $0.contains("web-1") })
        }
    }
}
