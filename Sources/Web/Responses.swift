import Ports
import Wire

extension PageResponse {
    /// A page, or with `?fragment=main` what is inside it.
    static func page(_ page: Page, _ scene: Scene, _ request: PageRequest, status: Int = 200) -> PageResponse {
        let isFragment = request.query["fragment"] == "main"
        let text = isFragment ? page.main(scene).html : page.document(scene)
        return PageResponse(
            status: status, headers: [("Content-Type", "text/html; charset=utf-8")] + strictHeaders,
            body: Array(text.utf8))
    }

    /// A piece of a page, for a script that puts it in its place.
    static func fragment(_ markup: Markup) -> PageResponse {
        PageResponse(
            headers: [("Content-Type", "text/html; charset=utf-8")] + strictHeaders, body: Array(markup.html.utf8))
    }

    /// Asks for a token. A form that arrives here had a wrong one; the right ones are answered by the HTTP surface.
    static func login(_ request: PageRequest, _ scene: Scene) -> PageResponse {
        let isWrong = request.method == "POST"
        let page = LoginPage(
            failure: isWrong || request.query["error"] != nil ? LoginPage.wrongToken : nil,
            next: (request.form["next"] ?? request.query["next"]).flatMap(Link.init(local:)))
        return .page(page.page(scene), scene, request, status: isWrong ? 401 : 200)
    }

    /// After a form: the browser asks for the page anew, and going back does not send the form again.
    static func redirect(to link: Link) -> PageResponse {
        PageResponse(status: 303, headers: [("Location", link.text)] + strictHeaders, body: [])
    }

    /// Nothing but this server's own files runs, frames or receives anything.
    private static var strictHeaders: [(String, String)] {
        [
            (
                "Content-Security-Policy",
                "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
            ),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"), ("Cache-Control", "no-store"),
        ]
    }
}

extension Problem.Kind {
    var status: Int {
        switch self {
        case .invalid: return 400
        case .unauthenticated: return 401
        case .forbidden: return 403
        case .notFound: return 404
        case .conflict, .refused: return 409
        case .tooLarge: return 413
        case .unavailable: return 503
        case .internal: return 500
        }
    }
}
