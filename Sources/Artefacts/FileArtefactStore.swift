import Glibc
public import Ports
import Synchronization
public import Values
public import Wire

/// An `ArtefactStore` in a folder: each artefact is one file, named by its SHA-256.
///
/// The folder belongs to one server: a second one would remove the first one's uploads when it starts.
public final class FileArtefactStore: ArtefactStore {
    private let folder: ArtefactFolder
    private let limit: ByteSize
    private let work = BlockingWork("artefacts")
    private let uploads = Mutex(0)

    /// Opens the folder or makes it. `limit` is the largest artefact that is taken.
    public init(directory: String, limit: ByteSize) throws(Problem) {
        folder = ArtefactFolder(directory: directory)
        self.limit = limit
        try folder.prepare()
    }

    public func beginUpload() async throws(Problem) -> any ArtefactUpload {
        let number = uploads.withLock { count in
            count += 1
            return count
        }
        return try await work.run { [folder, limit] () throws(Problem) -> FileUpload in
            try FileUpload(path: "\(folder.incoming)/\(getpid())-\(number)", limit: limit, folder: folder)
        }
    }

    public func path(digest: String) async -> String? {
        guard let digest = ArtefactDigest(digest) else { return nil }
        return await work.run { [folder] in folder.status(digest) == nil ? nil : folder.path(digest) }
    }

    public func size(digest: String) async -> Int64? {
        guard let digest = ArtefactDigest(digest) else { return nil }
        return await work.run { [folder] in folder.status(digest)?.size }
    }

    public func remove(digest: String) async {
        guard let digest = ArtefactDigest(digest) else { return }
        await work.run { [folder] in _ = folder.remove(digest) }
    }

    /// Removes every artefact whose digest is not to be kept, and returns the digests of those.
    ///
    /// One that was uploaded in the last `unusedFor` stays: its version may not be known yet.
    public func collect(keeping digests: Set<String>, unusedFor: Period = .hours(1)) async -> [String] {
        let kept = Set(digests.compactMap(ArtefactDigest.init))
        return await work.run { [folder] in
            let newest = time(nil) - Int(unusedFor.milliseconds / 1000)
            return folder.all().filter { digest in
                !kept.contains(digest) && folder.remove(digest, storedBefore: newest)
            }.map(\.text)
        }
    }
}
