public import Wire

/// Where the server writes to one agent's stream. Implemented by the HTTP surface, called by the control plane.
public protocol AgentSink: Sendable {
    /// Sends an event. `data` is one JSON text; the same array may be sent to many agents, so it is never copied.
    /// Never blocks. Returns false when the stream is closed or so far behind that it was closed.
    @discardableResult
    func send(event: StaticString, data: [UInt8]) -> Bool

    /// Ends the stream.
    func close()
}

/// What the agents' routes ask of the control plane. All calls but `samples` are short and safe on an event loop: no I/O,
/// no waiting.
public protocol AgentGateway: Sendable {
    /// Who holds this token; `nil` when nobody does. Constant time in the token's characters.
    func authenticate(token: String) -> Principal?

    /// An agent opened its stream. `agent` is the identity in its data folder (`X-Halcyon-Agent`).
    ///
    /// The gateway sends `hello` and `desired` before this returns. Throws `conflict` when another live agent has the name.
    func attach(host: String, agent: String, sink: any AgentSink) throws(Problem)

    /// The stream that this sink wrote to has ended.
    func detach(host: String, sink: any AgentSink)

    /// A report arrived: the JSON of a `HostReport`.
    func report(host: String, agent: String, body: [UInt8]) throws(Problem)

    /// Samples arrived: the blocks that `ScrapeHead` describes. Waits for the store of metrics: not for an event loop.
    ///
    /// - Parameter whenKept: called once, from any thread, when they are on the disk, or with what prevented that: then they should
    ///   be sent again. Not called when this throws.
    func samples(
        host: String, agent: String, body: [UInt8], whenKept: @escaping @Sendable (Problem?) -> Void
    ) throws(Problem)
}
