import NIOCore
import NIOPosix

/// Sends requests to several targets at a steady rate, whether or not they are answered in time (an open loop), and
/// counts what becomes of each. Nothing is tried twice: a request that a customer would have lost is counted as lost.
///
/// Half of the requests use connections that are kept open, the other half a new connection each.
public struct LoadGenerator: Sendable {
    struct Settings: Sendable {
        var rate: Double
        var paths: [String]
        var timeout: TimeAmount
        var mostOpen: Int
    }

    /// A target or a rate that cannot be used; the text says why.
    public struct Mistake: Error, CustomStringConvertible {
        public let description: String
    }

    private let targets: [(name: String, address: SocketAddress)]
    private let settings: Settings
    private let tally: Tally

    /// - Parameters:
    ///   - targets: `IP:PORT` each, without repeats.
    ///   - rate: requests a second, for each target.
    ///   - paths: taken in turn.
    ///   - timeout: a request without a whole answer by then has failed by the transport.
    ///   - mostOpen: for each target, no more requests than this are open at a time; further ones are counted as unsent.
    public init(
        targets: [String], rate: Double, paths: [String] = ["/", "/products", "/", "/checkout"],
        timeout: Duration = .seconds(10), mostOpen: Int = 1000
    ) throws {
        guard rate > 0, rate <= 100_000, !paths.isEmpty, mostOpen > 0 else {
            throw Mistake(description: "the rate must be above 0 and at most 100000 requests a second")
        }
        guard !targets.isEmpty, Set(targets).count == targets.count else {
            throw Mistake(description: "there must be at least one target, and none twice")
        }
        self.targets = try targets.map { ($0, try LoadGenerator.address($0)) }
        settings = Settings(rate: rate, paths: paths, timeout: TimeAmount(timeout), mostOpen: mostOpen)
        tally = Tally(names: targets)
    }

    /// What became of the requests so far; at any time, from anywhere.
    public func snapshot() -> LoadReport { tally.report() }

    /// Sends until the instant, or until the task is cancelled; then waits for the open requests, and reports.
    ///
    /// To be called once.
    public func run(until end: ContinuousClock.Instant? = nil) async -> LoadReport {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let loads = try? await loop.submit { [self] in
            let loads = targets.enumerated().map { index, target in
                TargetLoad(
                    index: index, name: target.name, address: target.address, settings: settings, tally: tally,
                    loop: loop, of: targets.count)
            }
            for load in loads { load.run() }
            return NIOLoopBound(loads, eventLoop: loop)
        }.get()
        let never = ContinuousClock.now + .seconds(1_000_000_000)
        try? await Task.sleep(until: end ?? never, clock: .continuous)
        try? await loop.submit { for load in loads?.value ?? [] { load.stop() } }.get()
        await settle()
        try? await loop.submit { for load in loads?.value ?? [] { load.closeIdle() } }.get()
        return tally.report()
    }

    /// Waits for the open requests, which their time-outs bound. Unstructured on purpose: it also runs when cancelled.
    private func settle() async {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        while tally.report().total.open > 0 {
            try? await loop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        }
    }

    private static func address(_ target: String) throws -> SocketAddress {
        guard let colon = target.lastIndex(of: ":"), let port = Int(target[target.index(after: colon)...]) else {
            throw Mistake(description: "the target '\(target)' is not IP:PORT")
        }
        let host = target[..<colon].filter { $0 != "[" && $0 != "]" }
        guard (1...65535).contains(port), let address = try? SocketAddress(ipAddress: host, port: port) else {
            throw Mistake(description: "the target '\(target)' is not IP:PORT")
        }
        return address
    }
}
