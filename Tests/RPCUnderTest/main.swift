import Documents
import Flags
import Foundation
import Logging
import Ports
import RPCAPI
import ServiceLifecycle
import Synchronization
import UnixSignals
import Values
import Wire

// flagd's two ports on a flag file, without a control plane, for tests and measurements of the protocols alone:
//
//     rpc-under-test FILE EVALUATION-PORT SYNC-PORT [--bucketing v2] [--token SECRET]
//
// The file is watched. With a token, callers without it are refused.

final class Feed: FlagFeed {
    let name = "production"
    let cell = SnapshotCell()
    private let sinks = Mutex<[ObjectIdentifier: any FlagSink]>([:])

    func subscribe(_ sink: any FlagSink) { sinks.withLock { $0[ObjectIdentifier(sink)] = sink } }
    func unsubscribe(_ sink: any FlagSink) { sinks.withLock { $0[ObjectIdentifier(sink)] = nil } }

    func publish(_ snapshot: FlagSnapshot) {
        let changed = snapshot.changedKeys(since: cell.snapshot).map { FlagChange.Key(key: $0.key, kind: $0.kind) }
        cell.publish(snapshot)
        let change = FlagChange(environment: name, snapshot: snapshot, changed: changed)
        for sink in sinks.withLock({ Array($0.values) }) { sink.published(change) }
    }
}

struct Gateway: FlagGateway {
    let feed: Feed
    let token: String?

    func admit(token: String?, selector: String?) -> FlagAdmission {
        guard self.token == nil || token != nil else { return .unauthenticated }
        guard self.token == nil || token == self.token else { return .forbidden }
        return environment(selector)
    }

    func admit(principal: Principal?, selector: String?) -> FlagAdmission {
        principal == nil && token != nil ? .unauthenticated : environment(selector)
    }

    private func environment(_ selector: String?) -> FlagAdmission {
        let name = selector.map { $0.replacing("flagSetId=", with: "") } ?? feed.name
        return name == feed.name ? .environment(feed) : .unknownEnvironment(name: name, nearest: feed.name)
    }
}

struct FileReader: Service {
    let path: String
    let feed: Feed
    let bucketing: Bucketing

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var last = Data()
            while !Task.isCancelled {
                if let data = FileManager.default.contents(atPath: path), data != last {
                    last = data
                    publish(Array(data))
                }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func publish(_ bytes: [UInt8]) {
        let (node, problems) = JSONParser.parse(bytes, file: path)
        guard let node else { return print(problems) }
        let (snapshot, issues) = FlagSnapshot.compile(node, file: path, bucketing: bucketing)
        guard let snapshot else { return print(issues) }
        feed.publish(snapshot)
    }
}

let arguments = CommandLine.arguments
guard arguments.count > 3, let evaluation = Int(arguments[2]), let sync = Int(arguments[3]) else {
    print("usage: rpc-under-test FILE EVALUATION-PORT SYNC-PORT [--bucketing v2] [--token SECRET]")
    exit(2)
}

func option(_ name: String) -> String? {
    arguments.firstIndex(of: name).flatMap { arguments.indices.contains($0 + 1) ? arguments[$0 + 1] : nil }
}

let feed = Feed()
let logger = Logger(label: "rpc-under-test")
let gateway = Gateway(feed: feed, token: option("--token"))
let clock: @Sendable () -> Timestamp = {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}
let reader = FileReader(
    path: arguments[1], feed: feed, bucketing: option("--bucketing").flatMap(Bucketing.init) ?? .v3)
let surfaces = [(RPCSurface.Kind.evaluation, evaluation), (.sync, sync)].map { kind, port in
    RPCSurface(
        kind,
        configuration: RPCConfiguration(
            host: "127.0.0.1", port: port,
            onListening: { port in
                print("\(kind) \(port)")
                fflush(nil)
            }),
        gateway: gateway, logger: logger, clock: clock)
}
let group = ServiceGroup(
    configuration: ServiceGroupConfiguration(
        services: [ServiceGroupConfiguration.ServiceConfiguration(service: reader)]
            + surfaces.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
try await group.run()
