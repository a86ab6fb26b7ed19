import FoundationEssentials
public import Ports
import Rollouts
public import Values
import Wire

/// The page for people: HTML for every address but the API's.
///
/// It is complete without script. `?fragment=main` asks for what is inside a page only, which is how an open page keeps
/// itself current.
public struct Site: PageSite {
    let surface: any ControlSurface
    /// `nil` on a server without flags.
    let flags: (any FlagControl)?
    let memory: QueryMemory
    let clock: @Sendable () -> Timestamp

    public init(surface: any ControlSurface, flags: (any FlagControl)? = nil) {
        self.init(surface: surface, flags: flags) {
            Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
    }

    /// With a clock of one's own, for tests.
    public init(
        surface: any ControlSurface, flags: (any FlagControl)? = nil, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.surface = surface
        self.flags = flags
        self.clock = clock
        memory = QueryMemory(clock: clock)
    }

    public func respond(to request: PageRequest) async -> PageResponse {
        let scene = Scene(now: clock(), principal: request.principal, dev: request.dev)
        do throws(Problem) {
            return try await answer(request, scene)
        } catch {
            return .page(ProblemPage(problem: error).page(scene), scene, request, status: error.kind.status)
        }
    }

    private func answer(_ request: PageRequest, _ scene: Scene) async throws(Problem) -> PageResponse {
        guard let route = Route(path: request.path) else {
            throw Problem(.notFound, "There is no page at \(request.path).")
        }
        switch route {
        case .asset(let digest, let name):
            guard let asset = Assets.respond(digest: digest, name: name) else {
                throw Problem(.notFound, "There is no file \(name) in this release.", hint: "Load the page again.")
            }
            return asset
        case .login:
            return .login(request, scene)
        default:
            guard let principal = scene.principal else { return toLogin(request) }
            guard principal.role.allows(.viewer) else {
                throw Problem(.forbidden, "The token \(principal.name) is for an agent, not for a person.")
            }
            return try await answer(route, request, scene, principal)
        }
    }

    /// After signing in, the reader comes back to where they wanted to go.
    private func toLogin(_ request: PageRequest) -> PageResponse {
        let isPage = request.method != "POST" && request.path != "/" && request.query["fragment"] == nil
        return .redirect(to: Link("login", query: isPage ? [("next", request.path)] : []))
    }

    private func answer(
        _ route: Route, _ request: PageRequest, _ scene: Scene, _ principal: Principal
    ) async throws(Problem) -> PageResponse {
        if request.method == "POST" {
            switch route {
            case .action(let id, let verb): return try await act(rollout: id, verb: verb, request, scene, principal)
            case .flag(let environment, let key): return try await actOnFlag(key, in: environment, request, scene)
            case .flags(let environment?) where request.query["key"] != nil:
                return try await actOnFlag(request.query["key"] ?? "", in: environment, request, scene)
            default: throw Problem(.invalid, "Nothing can be sent to \(request.path).")
            }
        }
        if route == .completion { return .fragment(try await completion(request, scene).markup) }
        let page: Page
        switch route {
        case .fleet: page = try await fleet(request).page(scene)
        case .rollouts: page = try await rollouts(request).page(scene)
        case .rollout(let id): page = try await rollout(id, request, scene).page(scene)
        case .action(let id, let verb): page = try await confirmation(id, verb, request, scene).page(scene)
        case .service(let name): page = try await service(name, request, scene).page(scene)
        case .flags(let environment): page = try await flagLists(environment, request, scene)
        case .flag(let environment, let key): page = try await flagPage(key, in: environment, request, scene)
        case .explorer: page = try await explorer(request, scene).page(scene)
        case .audit: page = try await audit(request).page(scene)
        case .overview, .login, .asset, .completion: page = try await overview().page(scene)
        }
        return .page(page, scene, request)
    }
}
