import Glibc
import NIOPosix

/// For what blocks: two acceptors, and the reader of signals.
let blockingThreads: NIOThreadPool = {
    let pool = NIOThreadPool(numberOfThreads: 3)
    pool.start()
    return pool
}()

private let signalPipe: (read: Int32, write: Int32) = {
    var pipe: [Int32] = [-1, -1]
    _ = Glibc.pipe(&pipe)
    return (pipe[0], pipe[1])
}()

/// An element for every SIGTERM and SIGINT.
///
/// The handler only writes a byte, one of the few things that a signal handler may do.
func stopSignals() -> AsyncStream<Void> {
    let reading = signalPipe.read
    for number in [SIGTERM, SIGINT] {
        signal(number) { _ in
            var byte: UInt8 = 1
            _ = write(signalPipe.write, &byte, 1)
        }
    }
    return AsyncStream { continuation in
        blockingThreads.submit { _ in
            var byte: UInt8 = 0
            while read(reading, &byte, 1) == 1 { continuation.yield() }
        }
    }
}
