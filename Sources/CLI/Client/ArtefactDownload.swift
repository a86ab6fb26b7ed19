import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Specs
public import Wire

/// Looks at an artefact while its bytes pass by: whoever fetches one sees first what is in it.
public protocol ArtefactReader: Sendable {
    /// Takes the next bytes; throws a `Problem` when they hold what no host may unpack.
    func append(_ bytes: [UInt8]) throws(Problem)

    /// Says that this was all; throws a `Problem` when the program of the service's command is not in it.
    func finish(command: [String], of service: String) throws(Problem)
}

/// Reads what is at a URL once, to learn its digest and size. Nothing is kept, and no token is sent.
func measureArtefact(
    at url: String, for service: ServiceSpec, progress: (_ taken: Int64, _ of: Int64?) -> Void
) async throws -> ArtefactReference {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .follow(max: 5, allowCycles: false))
    configuration.timeout = .init(connect: APIClient.connectTimeout, read: APIClient.silenceTimeout)
    configuration.connectionPool.retryConnectionEstablishment = false
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
        let reference = try await measure(url, for: service, with: http, progress: progress)
        try await http.shutdown()
        return reference
    } catch {
        try? await http.shutdown()
        if error is CommandFailure || error is CancellationError || error is Problem { throw error }
        throw CommandFailure.wrongCall("cannot download \(url): \(error)")
    }
}

private func measure(
    _ url: String, for service: ServiceSpec, with http: HTTPClient, progress: (_ taken: Int64, _ of: Int64?) -> Void
) async throws -> ArtefactReference {
    let response = try await http.execute(HTTPClientRequest(url: url), timeout: APIClient.answerTimeout)
    guard response.status == .ok else {
        throw CommandFailure.wrongCall(
            "cannot download \(url): it was answered with \(response.status.code) \(response.status.reasonPhrase)")
    }
    let total = response.headers.first(name: "Content-Length").flatMap { Int64($0) }
    var counter = DigestCounter()
    let reader = CommandLineTool.artefactReaders?.make()
    for try await piece in response.body {
        let bytes = Array(piece.readableBytesView)
        counter.take(bytes)
        try reader?.append(bytes)
        progress(counter.size, total)
    }
    if let total, total != counter.size {
        throw CommandFailure.wrongCall("the download of \(url) ended after \(counter.size) of \(total) bytes")
    }
    try reader?.finish(command: service.run.command, of: service.name)
    return ArtefactReference(digest: counter.digest(), size: counter.size, url: url)
}
