import Specs
import Values
import Wire

/// What a person names as an artefact.
enum ArtefactSource: Equatable {
    case file(String)
    case url(String)
    case digest(String)

    init(_ text: String) throws {
        if text.hasPrefix("sha256:") {
            guard let digest = ArtefactDigest(text) else {
                throw CommandFailure.wrongCall("'\(text)' is not a digest: sha256: and 64 hexadecimal digits")
            }
            self = .digest(digest.text)
        } else if text.hasPrefix("http://") || text.hasPrefix("https://") {
            self = .url(text)
        } else {
            self = .file(text)
        }
    }

    /// Makes sure that agents can get the artefact, and says what it is.
    func provide(to client: APIClient, for service: ServiceSpec) async throws -> ArtefactReference {
        switch self {
        case .digest(let digest):
            guard let size = try await client.artefactSize(digest: digest) else {
                throw CommandFailure.wrongCall("the server does not have \(digest); upload it with --artifact FILE")
            }
            return ArtefactReference(digest: digest, size: size)
        case .url(let url):
            return try await measured(url, for: service)
        case .file(let path):
            return try await uploaded(path, to: client)
        }
    }

    private func measured(_ url: String, for service: ServiceSpec) async throws -> ArtefactReference {
        var progress: TransferProgress?
        let reference = try await measureArtefact(at: url, for: service) { taken, total in
            if progress == nil { progress = TransferProgress("Reading", total: total) }
            progress?.advance(to: taken)
        }
        progress?.finish()
        return reference
    }

    private func uploaded(_ path: String, to client: APIClient) async throws -> ArtefactReference {
        if let facts = FileFacts(path), facts.isFolder {
            throw CommandFailure.wrongCall(
                "\(path) is a folder; pack it first: tar -czf artefact.tar.gz -C \(path) .")
        }
        return try await FileBytes.open(path) { file in
            var counter = DigestCounter()
            while case let bytes = try file.next(), !bytes.isEmpty { counter.take(bytes) }
            guard counter.size > 0 else { throw CommandFailure.wrongCall("\(path) is empty") }
            let reference = ArtefactReference(digest: counter.digest(), size: counter.size)
            if try await client.artefactSize(digest: reference.digest) != nil {
                Console.current.complain("The server has this artefact already (\(reference.digest.prefix(19))…).")
                return reference
            }
            let progress = TransferProgress("Uploading", total: reference.size)
            defer { progress.finish() }
            let answer = try await client.upload(file, digest: reference.digest, size: reference.size) {
                progress.advance(to: $0)
            }
            guard answer.digest == reference.digest else {
                throw CommandFailure.failed(
                    "\(path) changed while it was uploaded (\(reference.digest) became \(answer.digest)); try again")
            }
            return reference
        }
    }
}
