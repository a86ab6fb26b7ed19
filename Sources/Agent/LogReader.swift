import NIOCore
import Runtimes
import Synchronization
import Values
import Wire

/// How much was cut off the front of logs. A cut and a read never happen at once, so that a reader's place stays right.
final class LogCuts: Sendable {
    /// In all, by file.
    private let bytes = Mutex<[String: Int64]>([:])

    /// Cuts logs; `body` answers by how much.
    func cut(_ body: () -> [String: Int64]) {
        bytes.withLock { bytes in
            for (file, count) in body() { bytes[file, default: 0] += count }
        }
    }

    /// Reads a log; `body` is told how much was cut off it so far.
    func read<Value: Sendable>(_ file: String, _ body: (Int64) -> Value) -> Value {
        bytes.withLock { body($0[file] ?? 0) }
    }
}

/// The output of a service as a sequence of pieces. It is read as fast as it is sent, and no faster.
final class LogReader: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private static let lookEvery = Period.milliseconds(250)

    private let request: LogRequest
    private let logs: LogFolder
    private let cuts: LogCuts
    private let mostLines: Int
    /// The instance whose output is meant now.
    private let choose: @Sendable () -> String?
    private let isOver = Mutex(false)

    init(
        request: LogRequest, logs: LogFolder, cuts: LogCuts, mostLines: Int, choose: @escaping @Sendable () -> String?
    ) {
        self.request = request
        self.logs = logs
        self.cuts = cuts
        self.mostLines = mostLines
        self.choose = choose
    }

    /// Ends the sequence at the next look.
    func stop() { isOver.withLock { $0 = true } }

    func makeAsyncIterator() -> Iterator { Iterator(reader: self) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let reader: LogReader
        private var place: (instance: String, file: String, offset: Int64, cut: Int64)?
        private var isDone = false

        fileprivate init(reader: LogReader) {
            self.reader = reader
        }

        mutating func next() async -> ByteBuffer? {
            if isDone { return nil }
            guard place != nil else { return begin() }
            while !Task.isCancelled, !reader.isOver.withLock({ $0 }) {
                let bytes = readOn()
                if !bytes.isEmpty { return ByteBuffer(bytes: bytes) }
                if reader.request.instance == nil, let next = reader.choose(), next != place?.instance {
                    place = (next, reader.logs.file(service: reader.request.service, instance: next), 0, 0)
                    return ByteBuffer(string: "--- \(next) ---\n")
                }
                await pause(LogReader.lookEvery)
            }
            return nil
        }

        /// The last lines.
        private mutating func begin() -> ByteBuffer {
            isDone = !reader.request.follow
            guard let instance = reader.choose() else {
                isDone = true
                return ByteBuffer(string: "no output of \(reader.request.service) on this host\n")
            }
            let file = reader.logs.file(service: reader.request.service, instance: instance)
            let lines = Swift.min(Swift.max(reader.request.lines, 0), reader.mostLines)
            let (bytes, offset, cut) = reader.cuts.read(file) { cut in
                let (bytes, offset) = LogFolder.tailBytes(file, lines: lines)
                return (bytes, offset, cut)
            }
            place = (instance, file, offset, cut)
            return ByteBuffer(bytes: bytes)
        }

        private mutating func readOn() -> [UInt8] {
            guard let (instance, file, offset, cutBefore) = place else { return [] }
            let (bytes, start, cut) = reader.cuts.read(file) { cut in
                let start = Swift.max(0, offset - (cut - cutBefore))
                return (LogFolder.read(file, from: start), start, cut)
            }
            place = (instance, file, start + Int64(bytes.count), cut)
            return bytes
        }
    }
}
