import HTTPTypes
import HummingbirdCore
import NIOHTTP1
import Ports
import Wire

let agentRoutes: [Route] = [
    Route(
        .post, "/v1/agent/join", .join, "Makes a host part of the fleet.", body: .json(.join),
        answer: .json("JoinAnswer")
    ) {
        .json(try await $0.surface.join($0.body(JoinRequest.self), by: $0.by))
    },
    Route(
        .post, "/v1/agent/logs/{id}", .agent, "Takes the output that was asked for on the agent's stream.", body: .text,
        answer: .nothing, handle: takeLogs),
    hot(.stream, "Tells an agent what its host should run, and what is asked of it.", answer: .events),
    hot(.report, "Takes what an agent sees on its host.", body: .bytes, answer: .nothing),
    hot(.samples, "Takes what an agent scraped.", body: .bytes, answer: .nothing),
    hot(.events, "Streams what changes.", answer: .events),
]

/// A hot route's line. Its requests are answered before they come to the table, unless something is wrong with them.
func hot(
    _ route: HotRoute, _ summary: String, query: [QueryField] = [], body: RequestForm = .none, answer: AnswerForm
) -> Route {
    let method: HTTPRequest.Method = route.method == .GET ? .get : .post
    return Route(method, route.rawValue, route.access, summary, query: query, body: body, answer: answer) { _ in
        throw Problem(.invalid, "this route cannot be asked that way", hint: "Use \(method.rawValue), not HEAD.")
    }
}
