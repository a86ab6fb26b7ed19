import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Wire

/// Reads what is at a URL once, to learn its digest and size. Nothing is kept, and no token is sent.
func measureArtefact(at url: String, progress: (_ taken: Int64, _ of: Int64?) -> Void) async throws -> ArtefactReference
{
    var configuration = HTTPClient.Configuration(redirectConfiguration: .follow(max: 5, allowCycles: false))
    configuration.timeout = .init(connect: APIClient.connectTimeout, read: APIClient.silenceTimeout)
    configuration.connectionPool.retryConnectionEstablishment = false
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
        let reference = try await measure(url, with: http, progress: progress)
        try await http.shutdown()
        return reference
    } catch {
        try? await http.shutdown()
        if error is CommandFailure || error is CancellationError { throw error }
        throw CommandFailure.wrongCall("cannot download \(url): \(error)")
    }
}

private func measure(
    _ url: String, with http: HTTPClient, progress: (_ taken: Int64, _ of: Int64?) -> Void
) async throws -> ArtefactReference {
    let response = try await http.execute(HTTPClientRequest(url: url), timeout: APIClient.answerTimeout)
    guard response.status == .ok else {
        throw CommandFailure.wrongCall(
            "cannot download \(url): it was answered with \(response.status.code) \(response.status.reasonPhrase)")
    }
    let total = response.headers.first(name: "Content-Length").flatMap { Int64($0) }
    var counter = DigestCounter()
    for try await piece in response.body {
        counter.take(Array(piece.readableBytesView))
        progress(counter.size, total)
    }
    if let total, total != counter.size {
        throw CommandFailure.wrongCall("the download of \(url) ended after \(counter.size) of \(total) bytes")
    }
    return ArtefactReference(digest: counter.digest(), size: counter.size, url: url)
}
