public import Values
public import Wire

/// What a service's machine is told.
public enum ServiceEvent: Hashable, Sendable {
    /// What the server wants; `nil` when it no longer mentions the service.
    case desired(DesiredService?)
    /// How an artefact stands on this host.
    case artefact(digest: String, ArtefactState)
    /// The process of an instance could not be started.
    case startFailed(instance: String, step: FailureReport.Step, message: String)
    /// An instance answered its readiness probe, or said so itself.
    case ready(instance: String)
    /// An instance failed its readiness probe once.
    case notReady(instance: String, reason: String)
    /// The process of an instance has ended; `output` is the end of what it wrote.
    case exited(instance: String, ExitStatus, output: [String])
    /// An instance is not there and nobody saw its end; perhaps it was never started. That says nothing about its version.
    case missing(instance: String)
    /// A running instance was found that the machine does not know, because its state was lost.
    case found(Instance)
    /// The agent started again: nothing is started before the server was heard, or `holdUntil`.
    case resumed(holdUntil: Timestamp)
    /// The server cannot be asked: what was wanted last still is.
    case serverAway
    /// The listening socket that an instance serves could not be had back: nothing can be started beside it.
    case socketLost(instance: String)
    /// Time has passed.
    case tick
}

/// What a service's machine wants done. Doing it twice does no harm.
public enum ServiceAction: Hashable, Sendable {
    /// Have the artefact on disk, checked and unpacked.
    case fetch(ArtefactReference)
    /// Start a process, with the service's listening socket when its hand-over asks for one.
    case start(Instance)
    /// Ask the instance whether it is ready, for as long as it is to serve; the machine keeps deadlines and counts.
    case probe(instance: String)
    /// SIGTERM to the instance's main process.
    case terminate(instance: String)
    /// SIGKILL to every process of the instance.
    case kill(instance: String)
}

/// How an artefact stands on a host.
public enum ArtefactState: Hashable, Codable, Sendable {
    /// On its way; `detail` is for people, for example `35%` or why it waits.
    case fetching(detail: String)
    /// Checked and unpacked.
    case present
    /// It will not come without a change of mind.
    case failed(step: FailureReport.Step, message: String)
}

/// How a process ended.
public enum ExitStatus: Hashable, Codable, Sendable {
    case code(Int32)
    case signal(Int32)
    /// It was not a child of this agent, so nobody could ask.
    case unknown
}

extension ExitStatus: CustomStringConvertible {
    public var description: String {
        switch self {
        case .code(let code): return "exited with status \(code)"
        case .signal(let signal): return "was ended by signal \(signal)"
        case .unknown: return "ended"
        }
    }
}
