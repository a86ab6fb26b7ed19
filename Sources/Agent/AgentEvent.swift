import Supervision
import Values
import Wire

/// What the agent's loop is told, by the server's stream, the runtime, the fetcher and the clock.
enum AgentEvent: Sendable {
    case desired(DesiredState)
    case service(String, ServiceEvent)
    /// The instance said `READY=1`.
    case saidReady(service: String, instance: String)
    case artefact(digest: String, ArtefactState)
    /// The server cannot be reached.
    case serverAway
    /// Unwanted artefacts are to be removed, all of them; then the stream ends.
    case makeRoom(AsyncStream<Void>.Continuation)
    case tick
    case tidy
}

typealias AgentEvents = AsyncStream<AgentEvent>.Continuation
