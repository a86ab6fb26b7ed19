import NIOCore
import Ports
import Synchronization
import Wire

/// What all connections share to answer OFREP: who may ask for which environment, how often, and from which pages.
final class FlagDesk: Sendable {
    let gate: Gate
    let limiter: FlagRateLimiter?
    let origins: FlagOrigins
    /// The largest body, in bytes.
    let bodyLimit: Int

    let gateway: any FlagGateway
    private let boards = Mutex<[ObjectIdentifier: FlagBoard]>([:])
    private let group: any EventLoopGroup

    init(gateway: any FlagGateway, gate: Gate, serving: FlagServing, group: any EventLoopGroup) {
        self.gateway = gateway
        self.gate = gate
        self.group = group
        limiter = serving.requestsPerSecond.map(FlagRateLimiter.init)
        origins = FlagOrigins(serving.origins, dev: gate.dev)
        bodyLimit = serving.bodyLimit
    }

    /// The environment that a caller may ask. Never waits.
    func admit(_ caller: Caller, selector: String?) throws(Refusal) -> FlagBoard {
        try gate.checkHost(caller)
        switch gateway.admit(token: token(of: caller), selector: selector) {
        case .environment(let feed): return board(of: feed)
        case .unauthenticated:
            throw gate.unauthenticated(
                caller, caller.bearer == nil ? "this needs a token" : "the token is not valid, or was revoked")
        case .forbidden:
            throw Refusal(
                status: 403,
                problem: Problem(
                    .forbidden, "the token does not open this environment's flags",
                    hint: "Leave the selector out, or ask an admin for a token with the role 'sdk' for it."))
        case .unknownEnvironment(let name, let nearest):
            throw Refusal(
                status: 400,
                problem: Problem(
                    .invalid, "there is no environment '\(name)'", hint: nearest.map { "Did you mean '\($0)'?" }))
        }
    }

    /// The environment that a caller may ask; `nil` when there is anything wrong, which `admit` words.
    func known(_ caller: Caller, selector: String?) -> FlagBoard? {
        guard (try? gate.checkHost(caller)) != nil,
            case .environment(let feed) = gateway.admit(token: token(of: caller), selector: selector)
        else { return nil }
        return board(of: feed)
    }

    /// The environment whose ticket this is, and whose token it stands for: the token must still open it.
    func board(ticket text: String) -> (board: FlagBoard, token: String?)? {
        for board in boards.withLock({ Array($0.values) }) {
            guard let ticket = board.ticket(text) else { continue }
            return opens(ticket.token, board.feed) ? (board, ticket.token) : nil
        }
        return nil
    }

    /// Whether a token that opened an environment still does.
    func opens(_ token: String?, _ feed: any FlagFeed) -> Bool {
        guard case .environment(let present) = gateway.admit(token: token, selector: feed.name) else { return false }
        return present === feed
    }

    /// What a caller's token says; with `--dev` nothing.
    func token(of caller: Caller) -> String? { gate.dev ? nil : caller.bearer }

    private func board(of feed: any FlagFeed) -> FlagBoard {
        let known = boards.withLock { $0[ObjectIdentifier(feed)] }
        if let known { return known }
        let made = FlagBoard(feed: feed, eventLoop: group.next()) { [weak self] board in self?.forget(board) }
        let board = boards.withLock { boards in
            let board = boards[ObjectIdentifier(feed)] ?? made
            boards[ObjectIdentifier(feed)] = board
            return board
        }
        if board !== made { feed.unsubscribe(made) }
        // It may have been deleted before it was known here.
        if board.isEnded { forget(board) }
        return board
    }

    private func forget(_ board: FlagBoard) {
        boards.withLock { boards in
            let key = ObjectIdentifier(board.feed)
            if boards[key] === board { boards[key] = nil }
        }
    }

    /// No environment is listened to any longer.
    func close() {
        let all = boards.withLock { boards in
            defer { boards = [:] }
            return Array(boards.values)
        }
        for board in all { board.feed.unsubscribe(board) }
    }
}

/// How flags are served by HTTP.
public struct FlagServing: Sendable {
    /// Requests that a token, or an address without one, may make each second; `nil` for as many as it likes.
    public var requestsPerSecond: Int?
    /// Web pages that may ask, as browsers name them (`https://shop.example`), or `*` for all. With `--dev`, pages of this
    /// machine may always ask.
    public var origins: [String]
    /// The largest body, in bytes.
    public var bodyLimit: Int

    public init(requestsPerSecond: Int? = nil, origins: [String] = [], bodyLimit: Int = 10_000_000) {
        self.requestsPerSecond = requestsPerSecond
        self.origins = origins
        self.bodyLimit = bodyLimit
    }
}
