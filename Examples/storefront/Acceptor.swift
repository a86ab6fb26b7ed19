import Glibc
import NIOCore
import NIOPosix

/// Takes connections off a listening socket that another process may be taking them off as well.
///
/// Done here, on a thread, and not by NIO's server channel: when both processes wake for a connection that only one of
/// them can get, the other's accept finds nothing, which debug builds of NIO take for a defect and end the process.
struct Acceptor: Sendable {
    private let wakeUp: Int32
    private let ended: EventLoopFuture<Void>

    /// Begins at once; `take` gets each connection's descriptor, and owns it.
    init(_ listener: Int32, on loop: any EventLoop, take: @escaping @Sendable (Int32) -> Void) throws {
        _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)
        var pipe: [Int32] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw Mistake(description: "there are no file descriptors left") }
        let stopped = pipe[0]
        wakeUp = pipe[1]
        ended = blockingThreads.runIfActive(eventLoop: loop) {
            Acceptor.acceptUntil(stopped, listener, take)
            close(stopped)
            close(listener)
        }
    }

    /// Returns once no more connections are taken, and this process's copy of the socket is closed.
    ///
    /// Closed, not shut down: shutdown() would end it for the successor as well.
    func stop() async {
        close(wakeUp)
        try? await ended.get()
    }

    private static func acceptUntil(_ stopped: Int32, _ listener: Int32, _ take: (Int32) -> Void) {
        var waiting = [
            pollfd(fd: listener, events: Int16(POLLIN), revents: 0), pollfd(fd: stopped, events: 0, revents: 0),
        ]
        while true {
            guard poll(&waiting, 2, -1) > 0 else { continue }
            if waiting[1].revents != 0 { return }
            let connection = accept(listener, nil, nil)
            if connection >= 0 {
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                take(connection)
            } else if errno == EMFILE || errno == ENFILE {
                // Out of descriptors: the connections can wait in the socket's queue.
                usleep(50_000)
            }
        }
    }
}
