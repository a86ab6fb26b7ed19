import FoundationEssentials
public import Glibc

/// Small files that are always whole: written beside, flushed to the disk, then renamed into place.
public enum AtomicFile {
    /// - Parameter mode: the file's permissions.
    public static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(SystemError) {
        let temporary = "\(path).new"
        let number = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError("opening \(temporary)") }
        let file = Descriptor(number)
        try writeAll(bytes, to: file.number, path: temporary)
        guard fsync(file.number) == 0 else { throw SystemError("flushing \(temporary)") }
        guard rename(temporary, path) == 0 else { throw SystemError("renaming \(temporary)") }
        try flushFolder(of: path)
    }

    /// State may hold what services are told in confidence: only the agent's user can read it.
    public static func write(json value: some Encodable, to path: String, mode: mode_t = 0o600) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try write(Array(encoder.encode(value)), to: path, mode: mode)
    }

    /// The bytes of a file, `nil` when there is none.
    public static func read(_ path: String) throws(SystemError) -> [UInt8]? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("opening \(path)")
        }
        let file = Descriptor(number)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file.number, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("reading \(path)")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk.prefix(count))
        }
    }

    public static func remove(_ path: String) {
        unlink(path)
    }

    /// Writes everything, however many calls it takes.
    public static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("writing \(path)")
            }
            done += count
        }
    }

    private static func flushFolder(of path: String) throws(SystemError) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let number = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError("opening \(folder)") }
        let descriptor = Descriptor(number)
        guard fsync(descriptor.number) == 0 else { throw SystemError("flushing \(folder)") }
    }
}
