import FoundationEssentials
import Ports
import PromQL
import Synchronization
import Wire

/// Artefacts in a temporary folder, under made-up digests.
final class FakeArtefacts: ArtefactStore {
    struct State {
        var paths: [String: String] = [:]
        var abandoned = 0
        var finished: [(expected: String?, bytes: [UInt8])] = []
    }

    let state = Mutex(State())
    let folder: String

    init() {
        folder = "/tmp/http-tests-\(UInt64.random(in: .min ... .max))"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Puts an artefact there and returns its digest.
    func add(_ bytes: [UInt8]) -> String {
        let digest = "sha256:" + String(repeating: "ab", count: 32)
        let path = folder + "/artefact"
        _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
        state.withLock { $0.paths[digest] = path }
        return digest
    }

    func beginUpload() async throws(Problem) -> any ArtefactUpload { Upload(store: self) }
    func path(digest: String) async -> String? { state.withLock { $0.paths[digest] } }

    func size(digest: String) async -> Int64? {
        guard let path = state.withLock({ $0.paths[digest] }) else { return nil }
        return (try? Data(contentsOf: URL(filePath: path)))?.count.toInt64
    }

    func remove(digest: String) async {}

    final class Upload: ArtefactUpload {
        let store: FakeArtefacts
        let bytes = Mutex<[UInt8]>([])

        init(store: FakeArtefacts) { self.store = store }

        func append(_ more: [UInt8]) async throws(Problem) { bytes.withLock { $0 += more } }

        func finish(expected: String?) async throws(Problem) -> UploadAnswer {
            let bytes = bytes.withLock { $0 }
            store.state.withLock { $0.finished.append((expected, bytes)) }
            return UploadAnswer(digest: expected ?? "sha256:none", size: Int64(bytes.count))
        }

        func abandon() async { store.state.withLock { $0.abandoned += 1 } }
    }
}

extension Int {
    fileprivate var toInt64: Int64 { Int64(self) }
}

/// A page that says what it was asked for.
struct FakeSite: PageSite {
    func respond(to request: PageRequest) async -> PageResponse {
        let who = request.principal?.name ?? "nobody"
        if request.path == "/asks", let metrics = request.metrics {
            return PageResponse(body: Array(await FakeSite.count(request.query["query"], by: metrics).utf8))
        }
        if request.path == "/names", let metrics = request.metrics {
            return PageResponse(body: Array(await FakeSite.names(by: metrics).utf8))
        }
        let form = request.form.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return PageResponse(
            headers: [("Content-Type", "text/html; charset=utf-8")],
            body: Array("\(request.method) \(request.path) \(who) [\(form)]".utf8))
    }

    private static func count(_ text: String?, by metrics: any MetricsQuestions) async -> String {
        do throws(PromQLError) {
            let question =
                text.map { MetricsQuestion($0, from: 1000, through: 3500, step: 500) }
                ?? MetricsQuestion("count(x)", at: 1000)
            return "\(try await metrics.answer(question).value)"
        } catch {
            return "\(error.kind): \(error.message)"
        }
    }

    private static func names(by metrics: any MetricsQuestions) async -> String {
        do throws(PromQLError) {
            return try await metrics.labelValues("__name__", [], in: 0...1000, limit: 0).joined(separator: " ")
        } catch {
            return "\(error.kind): \(error.message)"
        }
    }
}
