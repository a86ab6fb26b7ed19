import FoundationEssentials
import Logging
import Synchronization
import Wire

/// The agent's place in the fleet: it joins once, keeps its credential, and joins again when that no longer counts.
final class Membership: Sendable {
    private struct State {
        var identity: DataFolder.Identity
        /// Joined, and not refused since.
        var isMember = false
    }

    private let client: ServerClient
    private let folder: DataFolder
    private let joinToken: String?
    private let wanted: JoinRequest
    private let logger: Logger
    private let state: Mutex<State>

    init(
        _ configuration: AgentConfiguration, identity: DataFolder.Identity, folder: DataFolder, client: ServerClient,
        logger: Logger
    ) {
        self.client = client
        self.folder = folder
        self.logger = logger
        joinToken = configuration.joinToken
        wanted = JoinRequest(
            host: configuration.host, agent: identity.agent, address: configuration.address,
            labels: configuration.labels, release: configuration.release)
        state = Mutex(State(identity: identity))
    }

    /// Joins unless the server knows this very agent already.
    func join() async throws {
        let (identity, isMember) = state.withLock { ($0.identity, $0.isMember) }
        if isMember { return }
        // With a credential and nothing new to tell, the stream shows whether it still counts.
        if identity.token != nil, identity.joinedAs == wanted || joinToken == nil {
            if identity.joinedAs != wanted {
                logger.warning(
                    "address or labels changed since the agent joined; give it a join token to tell the server")
            }
            return state.withLock { $0.isMember = true }
        }
        let body = try await client.post("/v1/agent/join", json: wanted, token: joinToken)
        let answer = try JSONDecoder().decode(JoinAnswer.self, from: Data(body))
        try remember(answer)
        logger.info("joined the fleet", metadata: ["host": "\(wanted.host)"])
    }

    private func remember(_ answer: JoinAnswer) throws {
        let identity = state.withLock { state in
            // A server in --dev gives no credential: the agent joins anew each time it starts.
            state.identity.token = answer.token.isEmpty ? nil : answer.token
            state.identity.joinedAs = wanted
            state.isMember = true
            return state.identity
        }
        try folder.save(identity)
        if let token = identity.token { client.use(token: token) }
    }

    /// The server has refused: decides whether joining again can help.
    ///
    /// - Returns: true when only a person can, so that there is no hurry.
    func isRefused(_ refusal: ServerRefusal) async -> Bool {
        switch refusal.status {
        case 401, 403, 404:
            let (wasMember, hadToken) = state.withLock { state in
                defer {
                    state.isMember = false
                    if joinToken != nil { state.identity.token = nil }
                }
                return (state.isMember, state.identity.token != nil)
            }
            if hadToken, joinToken == nil {
                logger.error("the server refuses this agent's credential; start it with --join-token to join again")
            }
            return !wasMember || (hadToken && joinToken == nil)
        case 409:
            logger.error(
                "another agent is connected as this host; give one of them another --name",
                metadata: ["host": "\(wanted.host)", "why": "\(refusal.message)"])
            return true
        default:
            return false
        }
    }
}
