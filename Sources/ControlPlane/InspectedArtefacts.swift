import Archives
import Dispatch
public import Ports
import Synchronization
public import Values
public import Wire

/// An artefact store that looks into every artefact while it comes in, and refuses what no host could unpack.
public final class InspectedArtefacts: ArtefactStore {
    private let store: any ArtefactStore

    public init(_ store: any ArtefactStore) { self.store = store }

    public func beginUpload() async throws(Problem) -> any ArtefactUpload {
        InspectedUpload(try await store.beginUpload())
    }

    public func path(digest: String) async -> String? { await store.path(digest: digest) }
    public func size(digest: String) async -> Int64? { await store.size(digest: digest) }
    public func remove(digest: String) async { await store.remove(digest: digest) }
    public func collect(keeping digests: Set<String>, unusedFor: Period) async -> [String] {
        await store.collect(keeping: digests, unusedFor: unusedFor)
    }
}

/// An upload whose bytes are looked at before they are kept.
private final class InspectedUpload: ArtefactUpload {
    private let upload: any ArtefactUpload
    private let look = ArtefactLook()

    init(_ upload: any ArtefactUpload) { self.upload = upload }

    func append(_ bytes: [UInt8]) async throws(Problem) {
        try look.append(bytes)
        try await upload.append(bytes)
    }

    func finish(expected: String?) async throws(Problem) -> UploadAnswer {
        try look.finish(command: [], of: "")
        return try await upload.finish(expected: expected)
    }

    func abandon() async { await upload.abandon() }
}

/// A look at an artefact while its bytes pass by.
public final class ArtefactLook: Sendable {
    private let inspection = Mutex(ArtefactInspection())

    public init() {}

    /// Takes the next bytes; refuses them as soon as they show something that no host may unpack.
    public func append(_ bytes: [UInt8]) throws(Problem) {
        try inspection.withLock { (inspection) throws(Problem) in
            do throws(ArchiveError) { try inspection.append(bytes) } catch { throw Problem(artefact: error) }
        }
    }

    /// Says that this was all; refuses an artefact that does not hold the program of the service's command.
    public func finish(command: [String], of service: String) throws(Problem) {
        let contents = try inspection.withLock { (inspection) throws(Problem) in
            do throws(ArchiveError) { return try inspection.finish() } catch { throw Problem(artefact: error) }
        }
        try contents.check(command, of: service)
    }
}

extension ControlPlane {
    /// What is in an artefact that the server has; `nil` when it has it not, and only whoever fetches it can look.
    ///
    /// Not in the lane of changes: it reads the whole artefact.
    func contents(of artefact: ArtefactReference?) async throws(Problem) -> ArtefactContents? {
        guard let artefact, artefact.url == nil, let path = await artefacts.path(digest: artefact.digest) else {
            return nil
        }
        let result: Result<ArtefactContents, ArchiveError> = await withCheckedContinuation { continuation in
            // It waits for the disk, so it may not hold a thread of the tasks.
            DispatchQueue.global().async {
                do throws(ArchiveError) {
                    continuation.resume(returning: .success(try inspect(path)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        do throws(ArchiveError) { return try result.get() } catch { throw Problem(artefact: error) }
    }
}

extension ArtefactContents {
    /// Refuses a service whose program is not in the artefact.
    func check(_ command: [String], of service: String) throws(Problem) {
        guard let program = command.first, let obstacle = obstacle(to: program) else { return }
        throw Problem(
            .invalid, "service \(service) cannot be deployed: run.command[0]: \(obstacle.reason)",
            hint: "\(obstacle.advice)\nCorrect the artefact, or run.command and apply the service again.")
    }
}

extension Problem {
    /// Why an artefact is refused, and what to do about it.
    init(artefact error: ArchiveError) {
        let hint: String
        switch error.kind {
        case .unsafe, .duplicate, .unsupported:
            hint = "Pack only files, folders and links that stay inside: tar -czf artefact.tar.gz -C FOLDER ."
        case .truncated, .damaged: hint = "Look at it with tar -tf; build or fetch it again, then deploy it again."
        case .unknownFormat: hint = "Pack a folder with: tar -czf artefact.tar.gz -C FOLDER ."
        case .tooLarge: hint = "Leave out what the service does not need to run."
        case .unreadable, .unwritable:
            self.init(.unavailable, "the artefact cannot be looked at: \(error)")
            return
        }
        self.init(.invalid, "the artefact is refused: \(error)", hint: hint)
    }
}
