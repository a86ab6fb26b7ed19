/// Where a `HalcyonProvider` gets its flags, and how it behaves.
public struct HalcyonConfiguration: Sendable {
    /// For example `https://halcyon.example:8080`.
    public var server: String
    /// Of the role `sdk`; `nil` is right only for a server with `--dev`. It says which environment's flags these are.
    public var token: String?
    /// With a token that opens several environments, which one; `nil` for the token's own, or `production`.
    public var environment: String?
    /// A flag file that ships with the program, for its very first start: JSON, as the server exports it.
    public var bootstrapFile: String?
    /// Where the newest flags are kept, so that a start without the server has them; `nil` to keep none.
    public var lastKnownFile: String?
    /// How often evaluation counts are sent; `nil` to send none.
    public var usageInterval: Duration?
    /// The longest wait between two attempts to reach the server. Each wait is drawn anew from 0 up, and grows on the average.
    public var longestWait: Duration
    /// A stream without a sign of life for this long is given up. The server sends one every 15 seconds.
    public var silence: Duration
    /// The bucketing of files that do not say it. The server's flags do.
    public var bucketing: Bucketing
    public var hooks: [any FlagHook]
    /// What `FlagClient.track` is handed on to, for example your analytics. Called on the caller's thread: do not wait.
    public var onTrack: (@Sendable (String, EvaluationContext, TrackingDetails) -> Void)?

    public init(
        server: String, token: String? = nil, environment: String? = nil, bootstrapFile: String? = nil,
        lastKnownFile: String? = nil, usageInterval: Duration? = .seconds(10), longestWait: Duration = .seconds(30),
        silence: Duration = .seconds(45), bucketing: Bucketing = .v3, hooks: [any FlagHook] = [],
        onTrack: (@Sendable (String, EvaluationContext, TrackingDetails) -> Void)? = nil
    ) {
        self.server = server.last == "/" ? String(server.dropLast()) : server
        self.token = token
        self.environment = environment
        self.bootstrapFile = bootstrapFile
        self.lastKnownFile = lastKnownFile
        self.usageInterval = usageInterval
        self.longestWait = longestWait
        self.silence = silence
        self.bucketing = bucketing
        self.hooks = hooks
        self.onTrack = onTrack
    }
}
