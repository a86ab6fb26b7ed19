import Crypto
import Glibc
import Ports
import Synchronization
import Values
import Wire

/// An upload under way: a file in `incoming/` and the hash of what is in it.
///
/// Whatever goes wrong, the partial file is gone, and later calls say again what it was.
final class FileUpload: ArtefactUpload {
    private enum Phase {
        case open(descriptor: Int32, hash: SHA256, size: Int64)
        case finished(UploadAnswer)
        case failed(Problem)
    }

    private let path: String
    private let limit: ByteSize
    private let folder: ArtefactFolder
    private let work = BlockingWork("artefact upload")
    private let phase: Mutex<Phase>

    /// Blocks: it makes the file.
    init(path: String, limit: ByteSize, folder: ArtefactFolder) throws(Problem) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ArtefactFolder.problem("take", path) }
        self.path = path
        self.limit = limit
        self.folder = folder
        phase = Mutex(.open(descriptor: descriptor, hash: SHA256(), size: 0))
    }

    deinit {
        discard(because: FileUpload.abandoned)
    }

    func append(_ bytes: [UInt8]) async throws(Problem) {
        try await attempt { upload throws(Problem) in try upload.write(bytes) }
    }

    func finish(expected: String?) async throws(Problem) -> UploadAnswer {
        try await attempt { upload throws(Problem) in try upload.store(expected: expected) }
    }

    func abandon() async {
        await work.run { self.discard(because: FileUpload.abandoned) }
    }
}

extension FileUpload {
    private static let abandoned = Problem(.invalid, "the upload was abandoned", hint: "upload again from the start")

    /// Runs a step off the tasks' threads; when it fails, nothing of the upload is left.
    private func attempt<Value: Sendable>(_ step: @escaping @Sendable (FileUpload) throws(Problem) -> Value)
        async throws(Problem) -> Value
    {
        try await work.run { () throws(Problem) -> Value in
            do throws(Problem) {
                return try step(self)
            } catch {
                self.discard(because: error)
                throw error
            }
        }
    }

    /// Steps run one after the other on `work`, so that what is read here is still true at the end of the step.
    private func opened() throws(Problem) -> (descriptor: Int32, hash: SHA256, size: Int64) {
        switch phase.withLock({ $0 }) {
        case .open(let descriptor, let hash, let size): return (descriptor, hash, size)
        case .finished: throw Problem(.conflict, "the upload is finished already", hint: "begin another upload")
        case .failed(let problem): throw problem
        }
    }

    private func write(_ bytes: [UInt8]) throws(Problem) {
        var (descriptor, hash, size) = try opened()
        size += Int64(bytes.count)
        guard size <= limit.bytes else {
            throw Problem(
                .tooLarge, "the artefact is larger than the limit of \(limit)",
                hint: "make it smaller, or raise the server's limit for artefacts")
        }
        try writeWhole(bytes, to: descriptor)
        hash.update(data: bytes)
        phase.withLock { $0 = .open(descriptor: descriptor, hash: hash, size: size) }
    }

    private func writeWhole(_ bytes: [UInt8], to descriptor: Int32) throws(Problem) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw ArtefactFolder.problem("take", path)
            }
            done += count
        }
    }

    private func store(expected: String?) throws(Problem) -> UploadAnswer {
        if case .finished(let answer) = phase.withLock({ $0 }) { return answer }
        let (descriptor, hash, size) = try opened()
        let digest = ArtefactDigest(hash: hash.finalize())
        try check(digest, size: size, expected: expected)
        guard fsync(descriptor) == 0 else { throw ArtefactFolder.problem("store", path) }
        try folder.adopt(path, size: size, as: digest)
        let answer = UploadAnswer(digest: digest.text, size: size)
        phase.withLock { $0 = .finished(answer) }
        close(descriptor)
        return answer
    }

    private func check(_ digest: ArtefactDigest, size: Int64, expected: String?) throws(Problem) {
        guard size > 0 else {
            throw Problem(
                .invalid, "the artefact is empty", hint: "look at the file that was uploaded, then upload again")
        }
        guard let expected else { return }
        guard let wanted = ArtefactDigest(expected) else { throw ArtefactDigest.malformed(expected) }
        guard wanted == digest else {
            throw Problem(
                .invalid, "the artefact is not what was announced: its digest is \(digest.text), not \(wanted.text)",
                hint: "\(size) bytes arrived; the file changed or the upload was cut short: upload it again")
        }
    }

    private func discard(because problem: Problem) {
        let descriptor: Int32? = phase.withLock { phase in
            guard case .open(let descriptor, _, _) = phase else { return nil }
            phase = .failed(problem)
            return descriptor
        }
        guard let descriptor else { return }
        close(descriptor)
        unlink(path)
    }
}
