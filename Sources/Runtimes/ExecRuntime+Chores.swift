import CHost
import Glibc
import Specs
import Supervision
import Synchronization
import Values
import Wire

// What is done now and then: what failed is tried again, and what is not needed any more goes.
extension ExecRuntime {
    /// The group of an ended instance that a process is still in.
    struct Leftover {
        var attempts = 0
        /// By the monotonic clock, in microseconds.
        var notBefore: UInt64 = 0
    }

    /// From this attempt on a person should know.
    private static let manyAttempts = 4

    /// What a person should know of this host.
    public var warnings: [String] {
        state.withLock { state in
            var warnings =
                [groups.warning].compactMap { $0 } + state.warnings.sorted { $0.key < $1.key }.flatMap(\.value)
            let stuck = state.leftovers.filter { $0.value.attempts >= ExecRuntime.manyAttempts }.keys.sorted()
            if !stuck.isEmpty {
                warnings.append(
                    "processes of \(stuck.count == 1 ? "an ended instance" : "\(stuck.count) ended instances") do not end, even "
                        + "killed (\(stuck.prefix(3).joined(separator: ", "))\(stuck.count > 3 ? ", …" : "")); "
                        + "they may wait for a disk: look at their state with ps")
            }
            for id in state.unsaved.sorted() {
                warnings.append(
                    "instance \(id) runs, but the disk of \(place.folder) is full: its record cannot be written; make room"
                )
            }
            for (id, process) in state.strangers.sorted(by: { $0.key < $1.key }) {
                warnings.append(
                    "instance \(id) (process \(process.pid)) runs, but nothing is known of it; end it with kill "
                        + "\(process.pid), or deploy its service again")
            }
            return warnings
        }
    }

    /// Small chores: leftover groups, what could not be written or watched, and logs that have grown beyond their limits.
    ///
    /// - Returns: how much was cut off the front of which log.
    public func tidy() -> [String: Int64] {
        let running = state.withLock { Array($0.running.values) }
        for instance in running { instance.lookForChildren() }
        retry(running)
        collectOrphans(except: Set(running.map(\.pid)))
        endLeftovers()
        state.withLock { state in state.strangers = state.strangers.filter(\.value.isAlive) }
        var cut: [String: Int64] = [:]
        for record in running.map(\.record) {
            let bytes = LogFolder.bound(
                LogFolder.place(of: record), to: record.instance.version.run.logs.size.bytes)
            if bytes > 0 { cut[record.log] = bytes }
        }
        return cut
    }

    /// Gives back what the kernel keeps for an agent that ends; instances go on.
    public func end() { groups.giveBack() }

    /// What could not be written or watched.
    private func retry(_ running: [RunningInstance]) {
        let (unsaved, unwatched) = state.withLock { ($0.unsaved, $0.unwatched) }
        for instance in running {
            let id = instance.record.instance.id
            if unsaved.contains(id), (try? records.write(instance.record)) != nil {
                state.withLock { _ = $0.unsaved.remove(id) }
                // It may have ended meanwhile.
                if self.running(id) == nil { records.remove(id) }
            }
            guard unwatched.contains(id) else { continue }
            if (try? watch(instance)) != nil {
                state.withLock { state in
                    state.unwatched.remove(id)
                    state.warnings[id] = nil
                }
            } else if instance.hasEnded {
                hasEnded(instance)
            }
        }
    }

    private func endLeftovers() {
        let now = monotonicMicroseconds()
        let due = state.withLock { $0.leftovers.filter { $0.value.notBefore <= now } }
        for (id, leftover) in due {
            _ = groups.kill(instance: id)
            if groups.remove(instance: id) {
                state.withLock { $0.leftovers[id] = nil }
            } else {
                let seconds = UInt64(1) << UInt64(min(leftover.attempts, 6))
                let next = Leftover(attempts: leftover.attempts + 1, notBefore: now + seconds * 1_000_000)
                state.withLock { $0.leftovers[id] = next }
            }
        }
    }

    /// Collects what instances have left behind and what has ended since. Instances lead sessions of their own, so that
    /// nothing in this process's session is theirs.
    private func collectOrphans(except mains: Set<Int32>) {
        for pid in ProcessFiles.ownChildren where !mains.contains(pid) {
            guard let fields = ProcessFiles.stat(pid), fields.first == "Z", fields[safe: 1] == "\(getpid())",
                fields[safe: 3] != "\(getsid(0))"
            else { continue }
            waitpid(pid, nil, WNOHANG)
        }
    }

    /// Writes an instance's record. A full disk keeps nobody from serving: the marks in the process's environment tell the
    /// next agent whose it is, and the record is written when there is room.
    func write(_ record: InstanceRecord) throws(StartFailure) {
        let id = record.instance.id
        do {
            try records.write(record)
            state.withLock { _ = $0.unsaved.remove(id) }
        } catch let error as SystemError where error.isFullDisk {
            state.withLock { _ = $0.unsaved.insert(id) }
        } catch {
            throw StartFailure(.start, "\(error)")
        }
    }

    /// An instance is there no more, or never was.
    func forget(_ id: String) {
        state.withLock { state in
            state.running[id] = nil
            state.warnings[id] = nil
            state.unsaved.remove(id)
            state.unwatched.remove(id)
        }
        records.remove(id)
        let isGone = groups.remove(instance: id)
        state.withLock { $0.leftovers[id] = isGone ? nil : Leftover() }
    }
}
