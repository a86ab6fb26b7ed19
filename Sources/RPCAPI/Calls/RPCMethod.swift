/// What can be called.
struct RPCMethod: Hashable, Sendable {
    /// The generations of flagd's evaluation service.
    enum Generation: UInt8, Sendable {
        /// `schema.v1`, before flagd's services had their names of today.
        case legacy
        case v1
        /// Here `value` and `variant` have presence: absent is the code's default.
        case v2
    }

    /// The type of value that a resolve method answers with.
    enum Wanted: UInt8, CaseIterable, Sendable {
        case boolean, string, float, int, object
    }

    enum Work: Hashable, Sendable {
        case resolve(Wanted)
        case resolveAll
        case eventStream
        case syncFlags
        case fetchAllFlags
        case syncMetadata
        case healthCheck
        case healthList
        case healthWatch
        case reflection
    }

    var work: Work
    var generation: Generation

    init(_ work: Work, _ generation: Generation = .v1) {
        self.work = work
        self.generation = generation
    }

    /// Whether more than one message may be answered.
    var streams: Bool {
        switch work {
        case .eventStream, .syncFlags, .healthWatch, .reflection: true
        default: false
        }
    }

    /// Whether whole flag sets are answered; such requests may name their environment in the message.
    var isSync: Bool {
        switch work {
        case .syncFlags, .fetchAllFlags: true
        default: false
        }
    }

    /// Whether the caller must be admitted to an environment. Health and descriptors are for everybody: load balancers and
    /// tools have no token, and nothing of any flag is in them; nor in sync's metadata, which providers ask for without their
    /// selector.
    var needsEnvironment: Bool {
        switch work {
        case .healthCheck, .healthList, .healthWatch, .reflection, .syncMetadata: false
        default: true
        }
    }
}

/// The methods of a port by their paths.
struct RPCMethods: Sendable {
    let byPath: [String: RPCMethod]
    /// In the order in which reflection lists them.
    let services: [String]

    init(_ services: [(name: String, methods: [(String, RPCMethod)])]) {
        var byPath: [String: RPCMethod] = [:]
        for service in services {
            for (name, method) in service.methods { byPath["/\(service.name)/\(name)"] = method }
        }
        self.byPath = byPath
        self.services = services.map(\.name)
    }

    /// Whether a path's service is there, so that an unknown method can be told from an unknown service.
    func problem(path: String) -> RPCStatus {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, services.contains(String(parts[1])) else {
            return RPCStatus(.unimplemented, "there is no service at \(path.prefix(200))")
        }
        return RPCStatus(.unimplemented, "\(parts[1]) has no method \(parts[2].prefix(100))")
    }

    static let evaluation = RPCMethods(
        [
            ("flagd.evaluation.v1.Service", resolving(.v1)),
            ("flagd.evaluation.v2.Service", resolving(.v2)),
            ("schema.v1.Service", resolving(.legacy)),
        ] + common)

    static let sync = RPCMethods(
        [
            (
                "flagd.sync.v1.FlagSyncService",
                [
                    ("SyncFlags", RPCMethod(.syncFlags)), ("FetchAllFlags", RPCMethod(.fetchAllFlags)),
                    ("GetMetadata", RPCMethod(.syncMetadata)),
                ]
            ),
            (
                "sync.v1.FlagSyncService",
                [
                    ("SyncFlags", RPCMethod(.syncFlags, .legacy)),
                    ("FetchAllFlags", RPCMethod(.fetchAllFlags, .legacy)),
                ]
            ),
        ] + common)

    private static func resolving(_ generation: RPCMethod.Generation) -> [(String, RPCMethod)] {
        let names: [(String, RPCMethod.Wanted)] = [
            ("ResolveBoolean", .boolean), ("ResolveString", .string), ("ResolveFloat", .float), ("ResolveInt", .int),
            ("ResolveObject", .object),
        ]
        var methods = names.map { ($0.0, RPCMethod(.resolve($0.1), generation)) }
        methods.append(("EventStream", RPCMethod(.eventStream, generation)))
        if generation != .v2 { methods.append(("ResolveAll", RPCMethod(.resolveAll, generation))) }
        return methods
    }

    private static let common: [(name: String, methods: [(String, RPCMethod)])] = [
        (
            "grpc.health.v1.Health",
            [
                ("Check", RPCMethod(.healthCheck)), ("List", RPCMethod(.healthList)),
                ("Watch", RPCMethod(.healthWatch)),
            ]
        ),
        ("grpc.reflection.v1.ServerReflection", [("ServerReflectionInfo", RPCMethod(.reflection))]),
        ("grpc.reflection.v1alpha.ServerReflection", [("ServerReflectionInfo", RPCMethod(.reflection, .legacy))]),
    ]
}
