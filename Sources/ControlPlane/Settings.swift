public import Values

/// How a control plane runs.
public struct ControlPlaneSettings: Sendable {
    /// Halcyon's own version.
    public var release: String
    /// Changes when the server starts again.
    public var instance: String
    /// How often an agent reports at least.
    public var heartbeat: Period
    /// How often rollouts are looked at when nothing happens.
    public var tick: Period
    /// Loopback only, no tokens.
    public var dev: Bool
    /// The store was restored from a backup, and its desired state is to count although agents have seen newer ones.
    public var acceptRestoredStore: Bool

    /// Where copies of the store are made on their way to whoever asked for one; `nil` when none can be had.
    public var backupFolder: String?

    public init(
        release: String, instance: String, heartbeat: Period = .seconds(5), tick: Period = .milliseconds(500),
        dev: Bool = false, acceptRestoredStore: Bool = false, backupFolder: String? = nil
    ) {
        self.release = release
        self.instance = instance
        self.heartbeat = heartbeat
        self.tick = tick
        self.dev = dev
        self.acceptRestoredStore = acceptRestoredStore
        self.backupFolder = backupFolder
    }
}
