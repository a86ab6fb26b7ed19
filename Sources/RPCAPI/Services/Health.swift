import Documents
import NIOCore

/// What `grpc.health.v1` says of a service.
enum HealthStatus: Int64, Sendable {
    case serving = 1
    case notServing = 2
    /// Only a watcher hears this: the service may come.
    case serviceUnknown = 3

    var name: String {
        switch self {
        case .serving: "SERVING"
        case .notServing: "NOT_SERVING"
        case .serviceUnknown: "SERVICE_UNKNOWN"
        }
    }

    /// HealthCheckResponse: status = 1.
    func message(json: Bool) -> [UInt8] {
        json ? Array("{\"status\":\"\(name)\"}".utf8) : ProtoWriter.message { $0.integer(1, rawValue) }
    }
}

extension RPCLoop {
    var health: HealthStatus { isClosing ? .notServing : .serving }

    /// Whether health knows a service; the empty name is the whole port.
    func knows(service: String) -> Bool { service.isEmpty || parts.methods.services.contains(service) }

    /// HealthListResponse: map<string, HealthCheckResponse> statuses = 1.
    func healthList(json: Bool) -> [UInt8] {
        let services = [""] + parts.methods.services
        if json {
            let status = Node.mapping([("status", .string(health.name))])
            return JSONWriter.write(.mapping([("statuses", .mapping(services.map { ($0, status) }))]))
        }
        let status = health.message(json: false)
        return ProtoWriter.message { writer in
            for service in services {
                writer.message(
                    1,
                    ProtoWriter.message { entry in
                        entry.text(1, service, always: true)
                        entry.message(2, status)
                    })
            }
        }
    }
}
