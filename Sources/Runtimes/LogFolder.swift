import CHost
import Glibc

/// The output of a service's instances: one file each, written by the processes themselves, bounded by cutting off the front.
public struct LogFolder: Sendable {
    public let path: String
    /// So many instances' output is kept for each service.
    static let filesKept = 5

    public init(path: String) {
        self.path = path
    }

    public func file(service: String, instance: String) -> String { "\(path)/\(service)/\(instance).log" }

    /// Opens the file for a new instance, and removes those of instances long gone.
    ///
    /// - Parameter running: instances that write to theirs, however old they are.
    func open(service: String, instance: String, keeping running: Set<String>) throws(SystemError) -> Descriptor {
        mkdir(path, 0o755)
        mkdir("\(path)/\(service)", 0o755)
        let file = file(service: service, instance: instance)
        let number = Glibc.open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard number >= 0 else { throw SystemError("opening \(file)") }
        for old in instances(service: service).dropLast(LogFolder.filesKept) where !running.contains(old) {
            unlink(self.file(service: service, instance: old))
        }
        return Descriptor(number)
    }

    /// The instances whose output is there, oldest first.
    public func instances(service: String) -> [String] {
        ProcessFiles.folder("\(path)/\(service)").filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }
            .sorted { LogFolder.number($0) < LogFolder.number($1) }
    }

    /// The number at the end of an instance's name.
    public static func number(_ instance: String) -> Int { Int(instance.split(separator: "-").last ?? "") ?? 0 }

    /// Where a running instance's output can be cut: its file, or when somebody has removed that, what it still writes to.
    static func place(of record: InstanceRecord) -> String {
        if access(record.log, F_OK) == 0 { return record.log }
        let places = [1, 2].map { "/proc/\(record.process?.pid ?? 0)/fd/\($0)" }
        return places.first { ProcessFiles.link($0) == "\(record.log) (deleted)" } ?? record.log
    }

    /// Cuts the oldest lines off a file that has grown beyond its limit.
    ///
    /// - Returns: how many bytes were cut off.
    public static func bound(_ file: String, to limit: Int64) -> Int64 {
        var status = stat()
        guard stat(file, &status) == 0, Int64(status.st_size) > limit else { return 0 }
        let number = Glibc.open(file, O_RDWR | O_CLOEXEC)
        guard number >= 0 else { return 0 }
        let descriptor = Descriptor(number)
        let block = max(Int64(status.st_blksize), 4096)
        // Down to three quarters, so that it is not done for every line.
        let cut = (Int64(status.st_size) - limit * 3 / 4) / block * block
        guard cut > 0, cut < Int64(status.st_size) else { return 0 }
        if chost_collapse_front(descriptor.number, off_t(cut)) == 0 { return cut }
        return rewrite(descriptor.number, from: cut, size: Int64(status.st_size))
    }

    /// For file systems that cannot collapse: moves the tail to the front. What is written in that instant is kept when
    /// it comes before the last look, and may be lost after it.
    private static func rewrite(_ file: Int32, from cut: Int64, size: Int64) -> Int64 {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var (source, target) = (cut, Int64(0))
        while true {
            let count = pread(file, &chunk, chunk.count, off_t(source))
            guard count > 0, pwrite(file, chunk, count, off_t(target)) == count else { break }
            source += Int64(count)
            target += Int64(count)
        }
        ftruncate(file, off_t(target))
        return cut
    }

    /// The last lines of a file, at most 256 KiB of them.
    public static func tail(_ file: String, lines: Int) -> [String] {
        let (bytes, _) = tailBytes(file, lines: lines)
        if bytes.isEmpty { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init).dropLast(bytes.last == 10 ? 1 : 0).suffix(lines)
    }

    /// The bytes of the last lines, and the offset after them.
    public static func tailBytes(_ file: String, lines: Int, limit: Int64 = 256 << 10) -> ([UInt8], Int64) {
        let number = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return ([], 0) }
        let descriptor = Descriptor(number)
        let end = Int64(lseek(number, 0, SEEK_END))
        let bytes = read(descriptor, from: max(0, end - limit), through: end)
        guard lines > 0 else { return ([], end) }
        var left = lines
        var index = bytes.endIndex
        if bytes.last == 10 { index -= 1 }
        while index > bytes.startIndex {
            if bytes[index - 1] == 10 {
                left -= 1
                if left == 0 { break }
            }
            index -= 1
        }
        return (Array(bytes[index...]), end)
    }

    /// The bytes from an offset on, at most 256 KiB.
    public static func read(_ file: String, from offset: Int64) -> [UInt8] {
        let number = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return [] }
        return read(Descriptor(number), from: offset, through: offset + 256 << 10)
    }

    private static func read(_ file: Descriptor, from start: Int64, through end: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var offset = start
        while offset < end {
            let count = pread(file.number, &chunk, min(chunk.count, Int(end - offset)), off_t(offset))
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk.prefix(count))
            offset += Int64(count)
        }
        return bytes
    }
}
