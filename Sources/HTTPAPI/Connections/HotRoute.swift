import NIOHTTP1
import Wire

/// The routes that are read on the event loop itself, without a task: they carry the load of a large fleet. All but samples are
/// answered there, too.
enum HotRoute: String, Sendable {
    case stream = "/v1/agent/stream"
    case report = "/v1/agent/report"
    case samples = "/v1/agent/samples"
    case events = "/v1/events"
    case sdkFlags = "/v1/sdk/flags"

    init?(_ head: HTTPRequestHead) {
        guard head.uri.utf8.starts(with: "/v1/".utf8) else { return nil }
        self.init(rawValue: String(head.uri.prefix { $0 != "?" }))
        guard head.method == method else { return nil }
    }

    var method: HTTPMethod {
        switch self {
        case .stream, .events, .sdkFlags: return .GET
        case .report, .samples: return .POST
        }
    }

    var access: Access {
        switch self {
        case .stream, .report, .samples: return .agent
        case .events: return .viewer
        case .sdkFlags: return .roles([.viewer, .sdk])
        }
    }

    /// The largest body, in bytes.
    var bodyLimit: Int {
        switch self {
        case .report: return 1 << 20
        case .samples: return 8 << 20
        case .stream, .events, .sdkFlags: return 0
        }
    }
}
