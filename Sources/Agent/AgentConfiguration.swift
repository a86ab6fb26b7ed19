public import Values

/// What an agent must be told.
public struct AgentConfiguration: Sendable {
    /// For example `https://halcyon.example.com:8080`.
    public var server: String
    /// The host's name: one agent a name.
    public var host: String
    /// The address that services listen on, `${ADDRESS}`.
    public var address: String
    public var labels: [String: String]
    /// Everything that the agent keeps is in here.
    public var dataFolder: String
    /// Lets the agent join; needed once. Without one a server in `--dev` is expected.
    public var joinToken: String?
    /// A file that holds the join token; read when the agent joins. It may be gone by then if the agent has joined before.
    public var joinTokenFile: String?
    /// A PEM file with the certificates that the server's is checked against; `nil` for the system's.
    public var caCertificate: String?
    /// Halcyon's own version.
    public var release: String
    /// Unpacked artefacts that nobody wants any more are removed, those used longest ago first, when all together are larger
    /// than this.
    public var artefactQuota: ByteSize
    /// False to do without control groups where they could be had.
    public var usesGroups: Bool
    /// A file in the form of Prometheus' configuration: what is scraped beside the instances of services.
    public var scrapeConfiguration: String?

    public init(
        server: String, host: String, address: String = "127.0.0.1", labels: [String: String] = [:],
        dataFolder: String, joinToken: String? = nil, joinTokenFile: String? = nil, caCertificate: String? = nil,
        release: String = "dev", artefactQuota: ByteSize = ByteSize(bytes: 5 << 30), usesGroups: Bool = true,
        scrapeConfiguration: String? = nil
    ) {
        self.server = server
        self.host = host
        self.address = address
        self.labels = labels
        self.dataFolder = dataFolder
        self.joinToken = joinToken
        self.joinTokenFile = joinTokenFile
        self.caCertificate = caCertificate
        self.release = release
        self.artefactQuota = artefactQuota
        self.usesGroups = usesGroups
        self.scrapeConfiguration = scrapeConfiguration
    }
}

/// An agent that cannot start, with what to do about it.
public struct AgentProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
