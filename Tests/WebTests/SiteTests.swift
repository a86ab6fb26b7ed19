import Ports
import Rollouts
import Testing
import Values
import Wire

@testable import Web

@Suite struct SiteTests {
    private let surface = FakeSurface(.rich())
    private var site: Site { Site(surface: surface) { World.noon } }

    private func get(_ path: String, _ query: [String: String] = [:], role: Role? = .admin) async -> PageResponse {
        await site.respond(
            to: PageRequest(
                method: "GET", path: path, query: query, principal: role.map { Principal(name: "maria", role: $0) },
                dev: false))
    }

    private func post(
        _ path: String, _ form: [String: String] = [:], role: Role = .operator, refusal: Problem? = nil
    ) async -> (PageResponse, [FakeSurface.Told]) {
        let surface = FakeSurface(.rich(), refusal: refusal)
        let answer = await Site(surface: surface) { World.noon }.respond(
            to: PageRequest(
                method: "POST", path: path, form: form, principal: Principal(name: "maria", role: role), dev: false))
        return (answer, surface.told)
    }

    @Test(
        "every page is complete, titled, and allows nothing but this server's own files",
        arguments: [
            "/", "/fleet", "/rollouts", "/rollouts/r-7f3k2", "/rollouts/storefront", "/rollouts/r-queue",
            "/rollouts/r-bad39",
            "/services/search", "/audit", "/login", "/rollouts/r-7f3k2/rollback",
        ])
    func pages(path: String) async {
        let answer = await get(path)
        #expect(answer.status == 200)
        #expect(answer.text.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(answer.text.contains(" · Halcyon</title>"))
        #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'self';") == true)
        #expect(answer.header("Cache-Control") == "no-store")
        for forbidden in [" style=\"", "<style", " onclick=", "javascript:", "http://", "https://"] {
            #expect(!answer.text.contains(forbidden), "\(forbidden) in \(path)")
        }
        #expect(answer.text.components(of: "<script ") == 1)
    }

    @Test("identifiers are unique in a page", arguments: ["/", "/fleet", "/rollouts/r-7f3k2", "/services/storefront"])
    func identifiers(path: String) async {
        let parts = await get(path).text.split(separator: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(parts).count == parts.count)
    }

    @Test("a fragment is the inside of the page only")
    func fragment() async {
        let answer = await get("/rollouts/r-7f3k2", ["fragment": "main"])
        #expect(answer.text.hasPrefix("<main id=\"main\""))
        #expect(answer.text.contains("data-rollout=\"r-7f3k2\""))
        #expect(!answer.text.contains("<html"))
    }

    @Test("without a token everything leads to the login, and back to where one wanted to go")
    func login() async {
        let answer = await get("/rollouts/r-7f3k2", role: nil)
        #expect(answer.status == 303)
        #expect(answer.header("Location") == "/login?next=%2Frollouts%2Fr-7f3k2")
        let page = await get("/login", ["next": "/rollouts/r-7f3k2", "error": "<b>pay here</b>"], role: nil)
        #expect(page.text.contains("name=\"next\" value=\"/rollouts/r-7f3k2\""))
        #expect(page.text.contains("This token is not valid here."))
        #expect(!page.text.contains("pay here"))
        let (wrong, _) = await post("/login", ["next": "/fleet"])
        #expect(wrong.status == 401)
        #expect(wrong.text.contains("This token is not valid here."))
        #expect(wrong.text.contains("value=\"/fleet\""))
        #expect(await !get("/login", ["next": "//evil.example"], role: nil).text.contains("evil"))
    }

    @Test("a viewer sees no buttons, and cannot act by address")
    func viewer() async {
        #expect(await !get("/rollouts/r-7f3k2", role: .viewer).text.contains("class=\"button"))
        #expect(await get("/rollouts/r-7f3k2", role: .operator).text.contains("href=\"/rollouts/r-7f3k2/pause\""))
        #expect(await get("/rollouts/r-7f3k2/pause", role: .viewer).status == 403)
        let (answer, told) = await post("/rollouts/r-7f3k2/pause", role: .viewer)
        #expect(answer.status == 403)
        #expect(told.isEmpty)
        #expect(await get("/", role: .agent).status == 403)
    }

    @Test("an action is told with its reason and its author, and leads back with a word about it")
    func action() async {
        let (answer, told) = await post("/rollouts/r-7f3k2/pause", ["reason": "logs first"])
        #expect(answer.status == 303)
        #expect(answer.header("Location") == "/rollouts/r-7f3k2?done=pause")
        #expect(told == [FakeSurface.Told(command: .pause, rollout: "r-7f3k2", reason: "logs first", by: "maria")])
        #expect(await get("/rollouts/r-7f3k2", ["done": "pause"]).text.contains("role=\"status\""))
        #expect(await !get("/rollouts/r-7f3k2", ["done": "anything else"]).text.contains("id=\"flash\""))
    }

    @Test("promote all is a promotion through every wave, retry leads to the new rollout")
    func otherActions() async {
        let (_, told) = await post("/rollouts/r-7f3k2/promote", ["full": "true"])
        #expect(told.first?.command == .promote(full: true))
        let (answer, _) = await post("/rollouts/r-bad39/retry")
        #expect(answer.header("Location") == "/rollouts/r-new01?done=retry")
    }

    @Test("a refusal shows the question again, with why, what to do and what was typed")
    func refusal() async {
        let problem = Problem(.refused, "It is paused already, by tom.", hint: "Resume it first.")
        let (answer, _) = await post("/rollouts/r-7f3k2/pause", ["reason": "my \"reason\""], refusal: problem)
        #expect(answer.status == 409)
        #expect(answer.text.contains("It is paused already, by tom."))
        #expect(answer.text.contains("Resume it first."))
        #expect(answer.text.contains("value=\"my &quot;reason&quot;\""))
    }

    @Test("what is not there is said so, with a way on")
    func missing() async {
        for path in ["/nowhere", "/rollouts/r-none", "/services/none", "/rollouts/r-7f3k2/explode"] {
            let answer = await get(path)
            #expect(answer.status == 404)
            #expect(answer.text.contains("<h1>Not found</h1>"))
        }
        let (answer, _) = await post("/fleet")
        #expect(answer.status == 400)
    }
}

extension String {
    func components(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}
