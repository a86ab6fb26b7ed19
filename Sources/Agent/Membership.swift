import FoundationEssentials
import Logging
import Runtimes
import Synchronization
import Wire

/// The agent's place in the fleet: it joins once, keeps its credential, and joins again when that no longer counts.
final class Membership: Sendable {
    private struct State {
        var identity: DataFolder.Identity
        /// Joined, and not refused since.
        var isMember = false
        /// What is tried next. Credential and join token take turns when they are refused: a server may just be confused.
        var next = Attempt.usual
        var saidUnreadable = false
    }

    private enum Attempt {
        case usual, join, credential
    }

    private let client: ServerClient
    private let folder: DataFolder
    private let joinToken: String?
    private let joinTokenFile: String?
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
        joinTokenFile = configuration.joinTokenFile
        wanted = JoinRequest(
            host: configuration.host, agent: identity.agent, address: configuration.address,
            labels: configuration.labels, release: configuration.release)
        state = Mutex(State(identity: identity))
    }

    /// Joins unless the server knows this very agent already.
    func join() async throws {
        let (identity, isMember, next) = state.withLock { ($0.identity, $0.isMember, $0.next) }
        if isMember { return }
        // With a credential and nothing new to tell, the stream shows whether it still counts.
        if identity.token != nil, next == .credential || next == .usual && identity.joinedAs == wanted {
            return state.withLock { $0.isMember = true }
        }
        let token = readToken(isNeeded: identity.token == nil || next == .join)
        if identity.token != nil, token == nil {
            if identity.joinedAs != wanted {
                logger.warning(
                    "address or labels changed since the agent joined; give it a join token to tell the server")
            }
            return state.withLock { $0.isMember = true }
        }
        let body = try await client.post("/v1/agent/join", json: wanted, token: token)
        let answer = try JSONDecoder().decode(JoinAnswer.self, from: Data(body))
        try remember(answer)
        logger.info("joined the fleet", metadata: ["host": "\(wanted.host)"])
    }

    /// The join token, when there is one. People are told to remove its file once the agent has joined.
    private func readToken(isNeeded: Bool) -> String? {
        guard let joinTokenFile else { return joinToken }
        let bytes = (try? AtomicFile.read(joinTokenFile)) ?? nil
        let text = String(decoding: bytes ?? [], as: UTF8.self)
        if let token = text.split(whereSeparator: \.isWhitespace).first { return String(token) }
        let isNews = state.withLock { state in
            defer { state.saidUnreadable = true }
            return !state.saidUnreadable
        }
        if isNews, isNeeded {
            logger.warning("the join token file \(joinTokenFile) cannot be read, or is empty; it is read again later")
        }
        return nil
    }

    private func remember(_ answer: JoinAnswer) throws {
        let identity = state.withLock { state in
            // A server in --dev gives no credential: the agent joins anew each time it starts.
            state.identity.token = answer.token.isEmpty ? nil : answer.token
            state.identity.joinedAs = wanted
            state.isMember = true
            state.next = .usual
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
            let hasToken = readToken(isNeeded: true) != nil
            let (wasMember, hadCredential) = state.withLock { state in
                defer {
                    state.next = state.isMember ? .join : .credential
                    state.isMember = false
                }
                return (state.isMember, state.identity.token != nil)
            }
            if wasMember, hadCredential, !hasToken {
                logger.error("the server refuses this agent's credential; start it with --join-token to join again")
            }
            return !wasMember || (hadCredential && !hasToken)
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
