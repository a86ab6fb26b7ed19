import HTTPTypes

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]
    private let byLength: [Int: [Route]]

    init(_ routes: [Route]) {
        self.routes = routes
        byLength = Dictionary(grouping: routes) { $0.pattern.text.split(separator: "/").count }
            .mapValues { $0.sorted { $0.pattern.literals > $1.pattern.literals } }
    }

    enum Finding {
        case route(Route, names: [String: String])
        /// The path is there, with other methods.
        case otherMethods([HTTPRequest.Method])
        case nothing
    }

    /// HEAD finds the route of GET.
    func find(_ method: HTTPRequest.Method, _ path: [String]) -> Finding {
        let wanted = method == .head ? .get : method
        var others: [HTTPRequest.Method] = []
        for route in byLength[path.count] ?? [] {
            guard let names = route.pattern.match(path) else { continue }
            if route.method == wanted { return .route(route, names: names) }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }
}
