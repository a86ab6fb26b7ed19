import NIOCore
import NIOHTTP1
import Synchronization

struct Request {
    let method: HTTPMethod
    let path: String
    let body: String
    /// Who asks, as the header `X-Customer` says.
    var customer: String?
    /// It comes from this machine.
    let isLocal: Bool
}

struct Reply {
    var status: HTTPResponseStatus
    var type: String
    var body: String
    var delay = TimeAmount.zero
    /// It is never sent: the client waits in vain.
    var never = false

    init(_ status: HTTPResponseStatus, _ body: String, type: String = "text/plain; charset=utf-8") {
        (self.status, self.body, self.type) = (status, body, type)
    }
}

/// What the service does: its pages, and whether it is ready or about to stop.
final class Shop: Sendable {
    private enum Phase { case starting, serving, draining }

    let metrics = Metrics()
    private let phase = Mutex(Phase.starting)
    private let faults: Faults
    private let flags: ShopFlags

    init(behaviour: Behaviour, flags: ShopFlags) {
        faults = Faults(behaviour)
        self.flags = flags
    }

    var version: String { faults.behaviour.version }
    var warmUp: Duration { .milliseconds(faults.behaviour.readyAfterMilliseconds) }
    var ignoresStopSignals: Bool { faults.behaviour.ignoresSigterm }
    /// Answers say that the connection ends with them.
    var isDraining: Bool { phase.withLock { $0 == .draining } }

    func watchFaults(on loop: any EventLoop) { faults.watch(on: loop) }

    func becomeReady() {
        phase.withLock { if $0 == .starting { $0 = .serving } }
    }

    /// Whether it was serving until now.
    func beginDraining() -> Bool {
        phase.withLock { phase in
            guard phase == .serving else { return false }
            phase = .draining
            return true
        }
    }

    func reply(to request: Request) -> Reply {
        let phase = phase.withLock { $0 }
        switch request.path {
        case "/healthz":
            // Draining is not sick: whoever moves traffic away must not kill what is still answering.
            let text = phase == .starting ? "starting" : phase == .serving ? "ok" : "ok, draining"
            return Reply(phase == .starting ? .serviceUnavailable : .ok, "\(text)\n")
        case "/version": return Reply(.ok, "\(version)\n")
        case "/metrics": return metricsReply()
        case "/fault": return faultReply(to: request)
        default:
            if phase == .starting { return Reply(.serviceUnavailable, "starting\n") }
            return page(request)
        }
    }

    private func page(_ request: Request) -> Reply {
        let route = Route(request.path)
        if route == .other { return Reply(.notFound, "there is no page \(request.path)\n") }
        let mishap = faults.draw(checkout: route == .checkout)
        if route == .checkout { metrics.checkout(succeeded: !mishap.fails && !mishap.declines) }
        var reply =
            switch route {
            case _ where mishap.fails: Reply(.internalServerError, "something went wrong\n")
            case .checkout where mishap.declines: Reply(.ok, #"{"order":null,"status":"declined"}"#, type: json)
            case .checkout where flags.hasNewCheckout:
                Reply(.ok, #"{"order":"\#(mishap.number)","status":"accepted","checkout":"one click"}"#, type: json)
            case .checkout: Reply(.ok, #"{"order":"\#(mishap.number)","status":"accepted"}"#, type: json)
            case .products: Reply(.ok, products, type: json)
            default: front(for: request.customer, mishap)
            }
        reply.delay = mishap.delay
        return reply
    }

    private func front(for customer: String?, _ mishap: Mishap) -> Reply {
        flags.recommending(to: customer) { recommends in
            if recommends, mishap.recommendsNothing {
                return Reply(.internalServerError, "what others bought cannot be found out\n")
            }
            let page = frontPage(version: version, oneClick: flags.hasNewCheckout, recommends: recommends)
            return Reply(.ok, page, type: "text/html; charset=utf-8")
        }
    }

    private func metricsReply() -> Reply {
        let mode = faults.behaviour.metrics
        var reply = Reply(.ok, metrics.text(notANumber: mode == .nan), type: "text/plain; version=0.0.4; charset=utf-8")
        if mode == .reset { metrics.reset() }
        reply.never = mode == .hang
        return reply
    }

    private func faultReply(to request: Request) -> Reply {
        guard request.isLocal else { return Reply(.forbidden, "faults are set from this machine only\n") }
        if request.method == .POST {
            do { try faults.apply(request.body) } catch { return Reply(.badRequest, "\(error)\n") }
        }
        return Reply(.ok, faults.behaviour.description)
    }
}

private let json = "application/json"

private let products = #"""
    {"products":[{"name":"Kingfisher mug","price":12.50},{"name":"Calm sea print","price":30.00},{"name":"Tea","price":4.20}]}
    """#

private func frontPage(version: String, oneClick: Bool, recommends: Bool) -> String {
    """
    <!doctype html><html lang="en"><title>Storefront</title>
    <h1>Storefront</h1><ul><li>Kingfisher mug</li><li>Calm sea print</li><li>Tea</li></ul>\(recommends ? "<p>Others bought: Tea</p>" : "")
    <form method="post" action="/checkout"><button>\(oneClick ? "Buy with one click" : "Buy")</button></form><p>Version \(version)</p></html>

    """
}
