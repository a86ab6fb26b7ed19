import Values

extension HostReport {
    /// Reads a report as agents write it, much faster than a general decoder.
    ///
    /// - Returns: `nil` when the bytes are not a report or not a plain one: a general decoder then has the last word.
    public init?(plainJSON body: [UInt8]) {
        let report = body.withUnsafeBufferPointer { bytes -> HostReport? in
            var json = PlainJSON(bytes)
            do throws(NotPlain) {
                let report = try HostReport(&json)
                try json.end()
                return report
            } catch {
                return nil
            }
        }
        guard let report else { return nil }
        self = report
    }

    fileprivate init(_ json: inout PlainJSON) throws(NotPlain) {
        var epoch: Int64?
        var generation: String?
        var services: [ServiceReport]?
        var boot: String?
        var load: HostLoad?
        var warnings: [String]?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "epoch": epoch = try json.integer()
            case "generation": generation = try json.string()
            case "services": services = try json.array { (json) throws(NotPlain) in try ServiceReport(&json) }
            case "boot": boot = try json.string()
            case "load": load = try HostLoad(&json)
            case "warnings": warnings = try json.strings()
            default: throw NotPlain()
            }
        }
        guard let epoch, let services, let boot, let warnings else { throw NotPlain() }
        self.init(
            epoch: epoch, generation: generation, services: services, boot: boot, load: load, warnings: warnings)
    }
}

extension HostLoad {
    fileprivate init(_ json: inout PlainJSON) throws(NotPlain) {
        var cpus: Int?
        var loadAverage: Double?
        var memoryTotal: Int64?
        var memoryAvailable: Int64?
        var diskAvailable: Int64?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "cpus": cpus = try json.integer()
            case "loadAverage": loadAverage = try json.double()
            case "memoryTotal": memoryTotal = try json.integer()
            case "memoryAvailable": memoryAvailable = try json.integer()
            case "diskAvailable": diskAvailable = try json.integer()
            default: throw NotPlain()
            }
        }
        guard let cpus, let loadAverage, let memoryTotal, let memoryAvailable, let diskAvailable else {
            throw NotPlain()
        }
        self.init(
            cpus: cpus, loadAverage: loadAverage, memoryTotal: memoryTotal, memoryAvailable: memoryAvailable,
            diskAvailable: diskAvailable)
    }
}

extension ServiceReport {
    fileprivate init(_ json: inout PlainJSON) throws(NotPlain) {
        var service: String?
        var state: State?
        var version: String?
        var ready: Bool?
        var instances: [InstanceReport]?
        var onDisk: [String]?
        var failure: FailureReport?
        var detail: String?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "service": service = try json.string()
            case "state": state = State(rawValue: try json.string())
            case "version": version = try json.string()
            case "ready": ready = try json.bool()
            case "instances": instances = try json.array { (json) throws(NotPlain) in try InstanceReport(&json) }
            case "onDisk": onDisk = try json.strings()
            case "failure": failure = try FailureReport(&json)
            case "detail": detail = try json.string()
            default: throw NotPlain()
            }
        }
        guard let service, let state, let ready, let instances, let onDisk, let detail else { throw NotPlain() }
        self.init(
            service: service, state: state, version: version, ready: ready, instances: instances, onDisk: onDisk,
            failure: failure, detail: detail)
    }
}

extension FailureReport {
    fileprivate init(_ json: inout PlainJSON) throws(NotPlain) {
        var version: String?
        var attempt: Int?
        var step: Step?
        var message: String?
        var at: Timestamp?
        var output: [String]?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "version": version = try json.string()
            case "attempt": attempt = try json.integer()
            case "step": step = Step(rawValue: try json.string())
            case "message": message = try json.string()
            case "at": at = Timestamp(try json.string())
            case "output": output = try json.strings()
            default: throw NotPlain()
            }
        }
        guard let version, let attempt, let step, let message, let at, let output else { throw NotPlain() }
        self.init(version: version, attempt: attempt, step: step, message: message, at: at, output: output)
    }
}

extension InstanceReport {
    fileprivate init(_ json: inout PlainJSON) throws(NotPlain) {
        var id: String?
        var version: String?
        var pid: Int32?
        var startedAt: Timestamp?
        var ready: Bool?
        var draining: Bool?
        var adopted: Bool?
        var restarts: Int?
        var cpu: Double?
        var memory: Int64?
        try json.object { (json, name) throws(NotPlain) in
            switch name {
            case "id": id = try json.string()
            case "version": version = try json.string()
            case "pid": pid = try json.integer()
            case "startedAt": startedAt = Timestamp(try json.string())
            case "ready": ready = try json.bool()
            case "draining": draining = try json.bool()
            case "adopted": adopted = try json.bool()
            case "restarts": restarts = try json.integer()
            case "cpu": cpu = try json.double()
            case "memory": memory = try json.integer()
            default: throw NotPlain()
            }
        }
        guard let id, let version, let pid, let startedAt, let ready, let draining, let adopted, let restarts, let cpu,
            let memory
        else { throw NotPlain() }
        self.init(
            id: id, version: version, pid: pid, startedAt: startedAt, ready: ready, draining: draining,
            adopted: adopted,
            restarts: restarts, cpu: cpu, memory: memory)
    }
}
