import CHost
import Glibc
import Synchronization

/// One thread that sleeps in the kernel until a watched process ends or a watched socket has something to read.
public final class ProcessWatcher: Sendable {
    private struct Watched {
        var descriptor: Descriptor
        var isOneShot: Bool
        var handler: @Sendable () -> Void
    }

    private let poll: Descriptor
    private let wakeUp: Descriptor
    private let watched = Mutex<(next: UInt64, entries: [UInt64: Watched])>((1, [:]))

    public init() throws(SystemError) {
        let poll = chost_watch_open()
        guard poll >= 0 else { throw SystemError("making a watch") }
        self.poll = Descriptor(poll)
        let alarm = chost_alarm_open()
        guard alarm >= 0 else { throw SystemError("making an alarm") }
        wakeUp = Descriptor(alarm)
        try add(wakeUp, token: 0)
        try startThread()
    }

    /// Calls once, on the watcher's thread, when the process of a pidfd has ended.
    @discardableResult
    public func onEnd(of process: Descriptor, _ handler: @escaping @Sendable () -> Void) throws(SystemError) -> UInt64 {
        try watch(Watched(descriptor: process, isOneShot: true, handler: handler))
    }

    /// Calls, on the watcher's thread, whenever there is something to read.
    @discardableResult
    public func onReadable(_ socket: Descriptor, _ handler: @escaping @Sendable () -> Void) throws(SystemError)
        -> UInt64
    { try watch(Watched(descriptor: socket, isOneShot: false, handler: handler)) }

    public func forget(_ token: UInt64) {
        guard let entry = watched.withLock({ $0.entries.removeValue(forKey: token) }) else { return }
        chost_watch_remove(poll.number, entry.descriptor.number)
    }

    /// Ends the thread. Handlers that run now finish.
    public func stop() {
        chost_alarm_ring(wakeUp.number)
    }

    private func watch(_ entry: Watched) throws(SystemError) -> UInt64 {
        let token = watched.withLock { state in
            let token = state.next
            state.next += 1
            state.entries[token] = entry
            return token
        }
        do throws(SystemError) {
            try add(entry.descriptor, token: token)
        } catch {
            watched.withLock { _ = $0.entries.removeValue(forKey: token) }
            throw error
        }
        return token
    }

    private func add(_ descriptor: Descriptor, token: UInt64) throws(SystemError) {
        guard chost_watch_add(poll.number, descriptor.number, token) == 0 else {
            throw SystemError("watching a descriptor")
        }
    }

    private func startThread() throws(SystemError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ProcessWatcher>.fromOpaque(context).takeRetainedValue().loop()
                return nil
            }, context)
        guard code == 0 else {
            Unmanaged<ProcessWatcher>.fromOpaque(context).release()
            throw SystemError("starting a thread", code: code)
        }
        pthread_detach(thread)
    }

    private func loop() {
        var tokens = [UInt64](repeating: 0, count: 32)
        while true {
            let count = chost_watch_wait(poll.number, &tokens, 32)
            if count < 0 { return }
            for token in tokens.prefix(Int(count)) {
                if token == 0 { return }
                deliver(token)
            }
        }
    }

    private func deliver(_ token: UInt64) {
        let entry = watched.withLock { state -> Watched? in
            guard let entry = state.entries[token] else { return nil }
            if entry.isOneShot { state.entries[token] = nil }
            return entry
        }
        guard let entry else { return }
        if entry.isOneShot { chost_watch_remove(poll.number, entry.descriptor.number) }
        entry.handler()
    }
}
