import FoundationEssentials
import Glibc

/// A folder of its own for a test, removed at the end of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/halcyon-artefacts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(folder)).sorted()
    }
}

/// A file system of a fixed size in memory, mounted for the life of the value.
final class SmallDisk {
    private let path: String

    /// Root in a container may not mount.
    static var canMount: Bool {
        guard getuid() == 0, let probe = try? TemporaryFolder() else { return false }
        return (try? SmallDisk(at: probe.file("probe"), size: "1m")) != nil
    }

    init(at path: String, size: String) throws {
        self.path = path
        mkdir(path, 0o700)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else { throw MountFailed(code: errno) }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }

    struct MountFailed: Error { let code: Int32 }
}
