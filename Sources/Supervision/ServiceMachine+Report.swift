import Values
public import Wire

/// What only the host knows of an instance.
public struct InstanceDetails: Hashable, Sendable {
    public var pid: Int32
    /// In processors, over the last interval.
    public var cpu: Double
    /// Resident memory in bytes.
    public var memory: Int64

    public init(pid: Int32, cpu: Double = 0, memory: Int64 = 0) {
        self.pid = pid
        self.cpu = cpu
        self.memory = memory
    }
}

extension ServiceMachine {
    /// The service as the server is told of it.
    public func report(_ details: [String: InstanceDetails]) -> ServiceReport {
        let serving = servingInstance
        return ServiceReport(
            service: service, state: state, version: serving?.version.version,
            ready: serving?.phase == .ready, instances: instances.map { report($0, details[$0.id]) },
            onDisk: versionsOnDisk, failure: failure ?? record?.crashLoop ?? stuck, detail: detail)
    }

    /// The instance that answers requests now: the newest ready one, or one that still drains.
    public var servingInstance: Instance? {
        for phase in [Instance.Phase.ready, .retiring, .unready, .draining] {
            if let instance = instances.last(where: { $0.phase == phase }) { return instance }
        }
        return nil
    }

    private func report(_ instance: Instance, _ details: InstanceDetails?) -> InstanceReport {
        InstanceReport(
            id: instance.id, version: instance.version.version, pid: details?.pid ?? 0, startedAt: instance.startedAt,
            ready: instance.phase == .ready || instance.phase == .retiring, draining: instance.isLeaving,
            adopted: instance.adopted, restarts: instance.restarts, cpu: details?.cpu ?? 0,
            memory: details?.memory ?? 0)
    }

    private var versionsOnDisk: [String] {
        wantedVersions.filter { artefacts[$0.artefact.digest] == .present }.map(\.version)
    }

    private var state: ServiceReport.State {
        guard let goal else { return instances.isEmpty ? .absent : .stopping }
        let candidate = instances.last { $0.version.isSame(as: goal) && !$0.isLeaving }
        let hasOthers = instances.count > (candidate == nil ? 0 : 1)
        if let run = desired?.run, hasFailed(run), goal.isSame(as: run) == false || candidate?.phase != .ready {
            return .failed
        }
        switch candidate?.phase {
        case .ready: return hasOthers ? .handingOver : .running
        case .unready where !hasOthers: return .running
        case .some: return .starting
        case nil where artefacts[goal.artefact.digest] != .present: return .downloading
        case nil where hasOthers: return .stopping
        case nil: return (record?.restarts ?? 0) > 0 ? .restarting : .starting
        }
    }

    private var detail: String {
        switch state {
        case .absent: return "nothing runs here"
        case .downloading: return downloadDetail
        case .starting: return "\(goal?.version ?? "") is starting"
        case .running: return unreadyDetail ?? "\(goal?.version ?? "") runs"
        case .handingOver: return "\(goal?.version ?? "") serves, the old instance drains"
        case .stopping: return "stopping"
        case .restarting: return "waits for its next start"
        case .failed:
            guard let failure else { return "failed" }
            return "\(failure.version) failed: \(failure.message)"
        }
    }

    private var unreadyDetail: String? {
        guard let instance = instances.last(where: { $0.phase == .unready }) else { return nil }
        return "\(instance.version.version) runs and is not ready any more: \(instance.failedProbes?.reason ?? "")"
    }

    private var downloadDetail: String {
        guard let goal, case .fetching(let words)? = artefacts[goal.artefact.digest] else {
            return "waiting to download"
        }
        return "downloading \(words)"
    }

    /// An instance that did not end although it was killed more than once.
    private var stuck: FailureReport? {
        guard let instance = instances.first(where: { $0.kills > 1 }) else { return nil }
        return FailureReport(
            version: instance.version.version, attempt: instance.version.attempt, step: .stop,
            message: "instance \(instance.id) does not end after SIGKILL", at: instance.since)
    }
}
