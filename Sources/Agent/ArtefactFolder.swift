import Archives
import FoundationEssentials
import Glibc
import Runtimes
import Wire

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
        /// Rises with every use of any artefact: an order that no clock can disturb.
        var used: Int64?
    }

    /// What a collection did.
    struct Collection: Hashable {
        var removed: [String] = []
        /// The size of everything that is left.
        var left: Int64 = 0
    }

    func folder(_ digest: String) -> String? { ArtefactDigest(digest).map { "\(path)/\($0.hexadecimal)" } }

    func has(_ digest: String) -> Bool { folder(digest).map { access($0, F_OK) == 0 } ?? false }

    /// The digests that are unpacked here.
    func inventory() -> [String] {
        ProcessFiles.folder(path).map { "sha256:\($0)" }.filter(ArtefactDigest.isWellFormed)
    }

    /// Notes that an artefact is used now, and how large it is, so that nobody has to count again.
    ///
    /// - Parameter bytes: its size, when that was just learnt.
    func noteUse(_ digest: String, bytes: Int64? = nil) {
        guard let folder = folder(digest) else { return }
        let latest = inventory().compactMap { note($0)?.used }.max() ?? 0
        let size = bytes ?? note(digest)?.bytes ?? measure(folder)
        try? AtomicFile.write(json: Note(bytes: size, used: latest + 1), to: "\(folder).json")
    }

    /// Removes unwanted artefacts, the ones used longest ago first, until all together fit the quota.
    ///
    /// What a process of this host works in or runs stays too: it may be one that nobody knows.
    ///
    /// - Parameter wanted: digests that are never removed, whatever the quota.
    func collect(quota: Int64, wanted: Set<String>) -> Collection {
        let all = inventory().map { (digest: $0, note: note($0)) }
            .map { (digest: $0, bytes: $1?.bytes ?? folder($0).map(measure) ?? 0, used: $1?.used ?? 0) }
            .sorted { ($0.used, $0.digest) < ($1.used, $1.digest) }
        var total = all.reduce(0) { $0 + $1.bytes }
        var removed: [String] = []
        let doomed = all.filter { !wanted.contains($0.digest) }
        let inUse = doomed.isEmpty || total <= quota ? [] : ProcessFiles.placesInUse(below: path)
        for artefact in doomed where total > quota {
            guard let folder = folder(artefact.digest),
                !inUse.contains(where: { $0 == folder || $0.hasPrefix("\(folder)/") })
            else { continue }
            // Renamed first: a folder with its proper name is always whole.
            let doomed = "\(path)/.removed-\(folder.split(separator: "/").last ?? "")"
            guard rename(folder, doomed) == 0 else { continue }
            AtomicFile.remove("\(folder).json")
            try? FileManager.default.removeItem(atPath: doomed)
            total -= artefact.bytes
            removed.append(artefact.digest)
        }
        return Collection(removed: removed, left: total)
    }

    /// Removes what a killed agent has left half done, and downloads that nobody wants.
    func cleanUp(wanted: Set<String>) {
        Archives.removeUnfinished(in: path)
        for name in ProcessFiles.folder(path) where name.hasPrefix(".removed-") {
            try? FileManager.default.removeItem(atPath: "\(path)/\(name)")
        }
        let partial = Set(wanted.compactMap { ArtefactDigest($0) }.map { "\($0.hexadecimal).partial" })
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

    private func note(_ digest: String) -> Note? {
        var ignored: [SetAside] = []
        return folder(digest).flatMap { StateFile.read(Note.self, from: "\($0).json", setAside: &ignored) }
    }

    /// The size of an artefact whose note was lost: an agent may be killed between unpacking and noting.
    private func measure(_ folder: String) -> Int64 {
        ProcessFiles.folder(folder).reduce(0) { sum, name in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { return sum }
            return sum + (status.st_mode & S_IFMT == S_IFDIR ? measure("\(folder)/\(name)") : Int64(status.st_size))
        }
    }
}
