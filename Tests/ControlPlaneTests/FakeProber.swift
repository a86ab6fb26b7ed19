import Ports
import Synchronization

/// Answers web checks: 200, or what a test says for an address.
final class FakeProber: WebProber {
    private let state = Mutex((asked: [WebQuestion](), answers: [String: WebAnswer]()))

    var asked: [WebQuestion] { state.withLock { $0.asked } }

    func answer(_ url: String, _ answer: WebAnswer) { state.withLock { $0.answers[url] = answer } }

    func ask(_ question: WebQuestion) async -> WebAnswer {
        state.withLock { state in
            state.asked.append(question)
            return state.answers[question.url] ?? .answered(status: 200, body: [])
        }
    }
}
