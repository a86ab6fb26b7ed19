public import Values

/// Where and how the server listens.
public struct HTTPServerConfiguration: Sendable {
    public var host: String
    /// 0 takes any free port; `onListening` says which.
    public var port: Int
    /// No tokens: everybody who reaches the port may do everything. Only for loopback addresses.
    public var dev: Bool
    /// PEM files; both or none.
    public var certificatePath: String?
    public var keyPath: String?
    /// Connections beyond this are closed at once. Never more than the process may have open files.
    public var maximumConnections: Int
    /// The same for each IPv4 address or IPv6 network of 64 bits. A whole fleet may stand behind one address.
    public var maximumConnectionsPerAddress: Int
    /// How long requests may go on, in seconds, once the server is told to end.
    public var drainSeconds: Int
    /// How flags are served.
    public var flags: FlagServing
    /// How queries for metrics are served.
    public var queries: QueryServing
    /// How often the server's own metrics are kept; `nil` for never.
    public var ownMetricsEvery: Period?
    /// Called once, with the port, when connections are accepted.
    public var onListening: (@Sendable (Int) -> Void)?

    public init(
        host: String = "127.0.0.1", port: Int = 8080, dev: Bool = false, certificatePath: String? = nil,
        keyPath: String? = nil, maximumConnections: Int = 50_000, maximumConnectionsPerAddress: Int = 20_000,
        drainSeconds: Int = 10, flags: FlagServing = FlagServing(), queries: QueryServing = QueryServing(),
        ownMetricsEvery: Period? = nil, onListening: (@Sendable (Int) -> Void)? = nil
    ) {
        self.host = host
        self.port = port
        self.dev = dev
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
        self.drainSeconds = drainSeconds
        self.flags = flags
        self.queries = queries
        self.ownMetricsEvery = ownMetricsEvery
        self.onListening = onListening
    }
}
