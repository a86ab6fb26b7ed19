import FoundationEssentials
import Glibc
import Runtimes
import Supervision
import Wire

/// Where everything that the agent keeps is, and its layout.
///
///     layout.json          the layout's number
///     lock                 held while an agent runs
///     agent.json           who this agent is, and its credential (mode 0600)
///     clock.json           the time by which deadlines are kept
///     epoch.json           the epoch of the newest desired state
///     services/NAME.json   a service's machine
///     instances/ID.json    what runs
///     run/                 notification sockets
///     artefacts/sha256/    unpacked artefacts, by digest
///     downloads/           artefacts on their way
///     logs/NAME/ID.log     output
struct DataFolder: Sendable {
    static let layout = 1

    let path: String

    private struct Layout: Codable {
        var layout: Int
    }

    /// How far the host has heard: the newest epoch, and the generation of the store that counts it.
    struct Epoch: Codable, Hashable {
        var epoch: Int64
        var generation: String?
    }

    /// Who an agent is: drawn once.
    struct Identity: Codable, Sendable, Hashable {
        /// Tells two agents with one host name apart.
        var agent: String
        var token: String?
        /// What the server was told when the agent joined.
        var joinedAs: JoinRequest?
    }

    /// Makes the folder, or checks that it is one that this release understands.
    init(path: String) throws {
        self.path = path
        for folder in ["", "/services", "/instances", "/run", "/artefacts", "/artefacts/sha256", "/downloads", "/logs"]
        {
            try FileManager.default.createDirectory(atPath: path + folder, withIntermediateDirectories: true)
        }
        // Services may run as other users, whatever the agent's own mask.
        for folder in ["", "/run", "/artefacts", "/artefacts/sha256"] { chmod(path + folder, 0o755) }
        var setAside: [SetAside] = []
        if let found = StateFile.read(Layout.self, from: "\(path)/layout.json", setAside: &setAside),
            found.layout > DataFolder.layout
        {
            throw AgentProblem(
                "\(path) was written by a newer release (layout \(found.layout), this one knows \(DataFolder.layout)); "
                    + "run that release, or give the agent another folder")
        }
        try AtomicFile.write(json: Layout(layout: DataFolder.layout), to: "\(path)/layout.json")
    }

    func identity(setAside: inout [SetAside]) throws -> Identity {
        if let known = StateFile.read(Identity.self, from: "\(path)/agent.json", setAside: &setAside) { return known }
        let drawn = (0..<8).map { _ in String(UInt16.random(in: 0...0xff) + 0x100, radix: 16).dropFirst() }.joined()
        let identity = Identity(agent: drawn, token: nil, joinedAs: nil)
        try save(identity)
        return identity
    }

    func save(_ identity: Identity) throws {
        try AtomicFile.write(json: identity, to: "\(path)/agent.json", mode: 0o600)
    }

    func timeline(setAside: inout [SetAside]) -> HostTimeline? {
        StateFile.read(HostTimeline.self, from: "\(path)/clock.json", setAside: &setAside)
    }

    func save(_ timeline: HostTimeline) throws { try AtomicFile.write(json: timeline, to: "\(path)/clock.json") }

    func epoch(setAside: inout [SetAside]) -> Epoch {
        StateFile.read(Epoch.self, from: "\(path)/epoch.json", setAside: &setAside) ?? Epoch(epoch: -1)
    }

    func save(_ epoch: Epoch) throws {
        try AtomicFile.write(json: epoch, to: "\(path)/epoch.json")
    }

    func machines(setAside: inout [SetAside]) -> [ServiceMachine] {
        ProcessFiles.folder("\(path)/services").filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
            StateFile.read(ServiceMachine.self, from: "\(path)/services/\(name)", setAside: &setAside)
        }
    }

    func save(_ machine: ServiceMachine) throws {
        try AtomicFile.write(json: machine, to: "\(path)/services/\(machine.service).json")
    }

    func removeMachine(_ service: String) { AtomicFile.remove("\(path)/services/\(service).json") }
}
