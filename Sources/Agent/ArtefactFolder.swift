import Archives
import FoundationEssentials
import Glibc
import Runtimes

/// Unpacked artefacts, each in a folder named by its digest. A folder that is there is complete: it was renamed into place.
struct ArtefactFolder: Sendable {
    let path: String
    let downloads: String

    init(_ folder: DataFolder) {
        path = "\(folder.path)/artefacts/sha256"
        downloads = "\(folder.path)/downloads"
    }

    private struct Note: Codable {
        var bytes: Int64
    }

    /// The 64 digits of a digest, or `nil` when it is none: it becomes a path.
    static func digits(_ digest: String) -> String? {
        guard digest.hasPrefix("sha256:") else { return nil }
        let digits = digest.dropFirst(7)
        let isHexadecimal = digits.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        return digits.utf8.count == 64 && isHexadecimal ? String(digits) : nil
    }

    func folder(_ digest: String) -> String? { ArtefactFolder.digits(digest).map { "\(path)/\($0)" } }

    func has(_ digest: String) -> Bool { folder(digest).map { access($0, F_OK) == 0 } ?? false }

    /// The digests that are unpacked here.
    func inventory() -> [String] {
        ProcessFiles.folder(path).map { "sha256:\($0)" }.filter { ArtefactFolder.digits($0) != nil }
    }

    /// Notes how large an artefact is, so that nobody has to count again.
    func note(_ digest: String, bytes: Int64) {
        guard let folder = folder(digest) else { return }
        try? AtomicFile.write(json: Note(bytes: bytes), to: "\(folder).json")
    }

    /// Removes unwanted artefacts, the ones unpacked longest ago first, until all together fit the quota.
    ///
    /// - Parameter wanted: digests that are never removed.
    /// - Returns: what was removed.
    func collect(quota: Int64, wanted: Set<String>) -> [String] {
        let all = inventory().map { (digest: $0, bytes: size($0), at: unpackedAt($0)) }.sorted { $0.at < $1.at }
        var total = all.reduce(0) { $0 + $1.bytes }
        var removed: [String] = []
        for artefact in all where total > quota && !wanted.contains(artefact.digest) {
            guard let folder = folder(artefact.digest) else { continue }
            // Renamed first: a folder with its proper name is always whole.
            let doomed = "\(path)/.removed-\(folder.split(separator: "/").last ?? "")"
            guard rename(folder, doomed) == 0 else { continue }
            AtomicFile.remove("\(folder).json")
            try? FileManager.default.removeItem(atPath: doomed)
            total -= artefact.bytes
            removed.append(artefact.digest)
        }
        return removed
    }

    /// Removes what a killed agent has left half done, and downloads that nobody wants.
    func cleanUp(wanted: Set<String>) {
        Archives.removeUnfinished(in: path)
        for name in ProcessFiles.folder(path) where name.hasPrefix(".removed-") {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
        let partial = Set(wanted.compactMap { ArtefactFolder.digits($0) }.map { "\($0).partial" })
        for name in ProcessFiles.folder(downloads) where !partial.contains(name) {
            AtomicFile.remove("\(downloads)/\(name)")
        }
    }

    /// Bytes that can still be written on this disk.
    var available: Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return .max }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    private func size(_ digest: String) -> Int64 {
        var ignored: [String] = []
        return folder(digest).flatMap { StateFile.read(Note.self, from: "\($0).json", setAside: &ignored) }?.bytes ?? 0
    }

    private func unpackedAt(_ digest: String) -> Int {
        var status = stat()
        guard let folder = folder(digest), stat(folder, &status) == 0 else { return 0 }
        return status.st_ctim.tv_sec
    }
}
