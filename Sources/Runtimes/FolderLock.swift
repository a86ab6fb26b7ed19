import Glibc

/// Keeps two agents from working in one data folder. The kernel releases it when the process ends, however it ends.
public final class FolderLock: Sendable {
    private let file: Descriptor

    public struct Taken: Error, CustomStringConvertible {
        public var path: String
        /// The holder's process, when it wrote itself down.
        public var holder: String

        public var description: String {
            "another agent works in this data folder already (\(path) is held by process \(holder)); "
                + "end it, or give this one a folder of its own with --data"
        }
    }

    public init(path: String) throws {
        let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw SystemError("opening \(path)") }
        file = Descriptor(number)
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            let holder = try AtomicFile.read(path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw Taken(path: path, holder: holder.isEmpty ? "unknown" : holder)
        }
        ftruncate(number, 0)
        try AtomicFile.writeAll(Array("\(getpid())".utf8), to: number, path: path)
    }
}
