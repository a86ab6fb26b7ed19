import Ports
import Testing
import Values
import Wire

@testable import Web

@Suite struct FlagPageTests {
    private func get(_ path: String, _ query: [String: String] = [:], role: Role = .operator) async -> PageResponse {
        let site = Site(surface: FakeSurface(.rich()), flags: FakeFlags()) { World.noon }
        return await site.respond(
            to: PageRequest(
                method: "GET", path: path, query: query, principal: Principal(name: "maria", role: role), dev: false))
    }

    @Test(
        "every page of flags is complete, titled, and allows nothing but this server's own files",
        arguments: [
            ("/flags", [:]), ("/flags/staging", [:]), ("/flags/production", ["show": "segments"]),
            ("/flags/production", ["show": "stale"]), ("/flags/production", ["show": "proposals"]),
            ("/flags/production", ["show": "changes"]), ("/flags/production/new-checkout", [:]),
            ("/flags/production/payments-v2", [:]), ("/flags/production/gone", [:]),
            ("/flags/production/from-file", [:]),
            ("/flags/production/new-checkout", ["context": "{}"]), ("/flags/production/new-checkout", ["do": "off"]),
            ("/flags/staging/new-checkout", ["do": "copy", "source": "production"]),
        ] as [(String, [String: String])])
    func pages(path: String, query: [String: String]) async {
        let answer = await get(path, query)
        #expect(answer.status == 200)
        #expect(answer.text.contains(" · Halcyon</title>"))
        #expect(answer.header("Content-Security-Policy")?.hasPrefix("default-src 'self';") == true)
        for forbidden in [" style=\"", "<style", " onclick=", "javascript:", "<img", "<b>"] {
            #expect(!answer.text.contains(forbidden), "\(forbidden) in \(path)")
        }
        #expect(answer.text.components(of: "<script ") == 1)
        let parts = answer.text.split(separator: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(parts).count == parts.count, "identifiers are not unique in \(path)")
    }

    @Test("a flag's state has a shape and a word, and its row says what callers get")
    func list() async {
        let text = await get("/flags").text
        for word in ["On", "Off", "Stale"] { #expect(text.contains("<span>\(word)</span>")) }
        #expect(text.contains("href=\"/flags/production/new-checkout?do=off&amp;from=list\""))
        #expect(text.contains("213/min"))
        #expect(text.contains("by file"))
        #expect(!text.contains(">gone<"), "an archived flag is shown")
        #expect(await get("/flags", ["state": "archived"]).text.contains("<code>gone</code>"))
    }

    @Test("flags are filtered by every word, by tag, owner and state")
    func filter() async throws {
        let flags = try await FakeFlags().flags(environment: "production", query: FlagQuery(archived: true))
        func keys(_ query: [String: String]) -> [String] {
            flags.filter { FlagFilter(query: query).matches($0, stale: ["old-banner"]) }.map(\.key)
        }
        #expect(keys([:]).count == 6)
        #expect(keys(["q": "CHECKOUT page"]) == ["new-checkout"])
        #expect(keys(["tag": "q4"]) == ["button-colour", "new-checkout"])
        #expect(keys(["owner": "payments"]) == ["new-checkout", "payments-v2"])
        #expect(keys(["state": "off"]) == ["payments-v2"])
        #expect(keys(["state": "stale"]) == ["old-banner"])
        #expect(keys(["state": "archived"]) == ["gone"])
        #expect(keys(["state": "nonsense", "q": "none such"]) == [])
    }

    @Test("many flags come in pages, and a filter goes along from one to the next")
    func pages() async throws {
        let flag = #"{"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "owner": "shop"}"#
        let flags = (0..<450).map { ("flag-\(1000 + $0)", flag) }
        let site = Site(
            surface: FakeSurface(.rich()), flags: FakeFlags(["production": Dictionary(flags) { first, _ in first }])
        ) { World.noon }
        func page(_ query: [String: String]) async -> String {
            let person = Principal(name: "maria", role: .operator)
            return await site.respond(
                to: PageRequest(method: "GET", path: "/flags", query: query, principal: person, dev: false)
            ).text
        }
        let first = await page(["owner": "shop"])
        #expect(first.contains("<code>flag-1199</code>") && !first.contains("<code>flag-1200</code>"))
        #expect(first.contains("1 to 200 of 450"))
        #expect(first.contains("href=\"/flags/production?owner=shop&amp;after=flag-1199\""))
        #expect(!first.contains(">Back</a>"))
        let last = await page(["owner": "shop", "after": "flag-1399"])
        #expect(last.contains("<code>flag-1400</code>") && !last.contains("<code>flag-1399</code>"))
        #expect(last.contains("401 to 450 of 450") && !last.contains(">More</a>"))
        #expect(last.contains("href=\"/flags/production?owner=shop&amp;after=flag-1199\""))
        #expect(await page(["after": "zzz"]).contains("1 to 200 of 450"))
    }

    @Test("a key with slashes, percent signs and markup has its own page and is never another's")
    func oddKeys() async {
        let link = Link.flag("a/b%c <b>", in: "production").text
        #expect(link == "/flags/production/a%2Fb%25c%20%3Cb%3E")
        #expect(await get("/flags/production").text.contains("href=\"\(link)\""))
        let page = await get("/flags/production/a/b%c <b>")
        #expect(page.status == 200)
        #expect(page.text.contains("a/b%c &lt;b&gt;</h1>"))
        #expect(await get("/flags/production/a").status == 404)
        #expect(Route(path: "/flags/production//a/") == .flag(environment: "production", key: "/a/"))
        #expect(Link.flag("..", in: "production").text == "/flags/production?key=..")
        #expect(await get("/flags/nowhere").status == 404)
    }

    @Test("a flag's page shows who gets what, and the way back to every state")
    func page() async {
        let text = await get("/flags/production/new-checkout").text
        #expect(text.contains("<span class=\"condition\">segment staff</span>"))
        #expect(text.contains("href=\"/flags/production/payments-v2\""))
        #expect(text.contains("20% of the rest"))
        #expect(text.contains("name=\"share:on\" value=\"20\""))
        #expect(text.contains("<span>2,400, 42/min</span>"))
        #expect(text.contains("Cancel the schedule"))
        #expect(text.contains("href=\"/flags/staging/new-checkout?do=copy&amp;source=production\""))
        #expect(await get("/flags/production/payments-v2").text.contains("50% after 4 h"))
    }

    @Test("an explanation is a tree of what matched, what did not, and what came of it")
    func reasons() {
        #expect(ReasonLine("f answers on").markup.html == "<li class=\"depth-0\"><span>f answers on</span></li>")
        let line = ReasonLine("    ✗ country is \"de\"")
        #expect(line.depth == 2 && line.text == "country is \"de\"")
        #expect(line.markup.html.contains("does not match: "))
        #expect(ReasonLine("  ✓ beta").sign?.tone == .good)
        #expect(ReasonLine("✗-rated").sign == nil)
        #expect(ReasonLine(String(repeating: "  ", count: 40) + "→ on").depth == 8)
    }

    @Test("a short value stands beside its variant, a long one has room of its own")
    func values() async throws {
        var flag = try await FakeFlags().flag("new-checkout", environment: "production")
        flag.variants = [
            FlagVariantView(name: "on", value: "true"),
            FlagVariantView(name: "off", value: ##"{"background":"#111","text":"#eee"}"##),
        ]
        let section = VariantsSection(flag: flag, usage: nil, managed: nil)
        let text = section.markup(Scene(now: World.noon, principal: nil, dev: false)).html
        #expect(text.contains("<code>true</code>"))
        #expect(!text.contains("id=\"value-on\""))
        #expect(text.contains("id=\"value-off\""))
        #expect(text.contains("<code>{\n  \"background\": \"#111\",\n  \"text\": \"#eee\"\n}</code>"))
    }

    @Test("a viewer sees no buttons and no editors, but may try a flag")
    func viewer() async {
        #expect(await !get("/flags", role: .viewer).text.contains("data-dialog"))
        let text = await get("/flags/production/new-checkout", ["context": "{}"], role: .viewer).text
        for control in ["data-dialog", "data-check", "name=\"document\"", "type=\"range\""] {
            #expect(!text.contains(control), "a viewer sees \(control)")
        }
        #expect(text.contains("rule 2 matched: bucket 17 of 100 is on"))
        #expect(await get("/flags/production/new-checkout", ["do": "off"], role: .viewer).status == 403)
    }

    @Test("a flag that a file owns is read only, and says so")
    func owned() async {
        let text = await get("/flags/production/from-file").text
        #expect(text.contains("This flag belongs to the file flags.json."))
        #expect(!text.contains("data-check"))
    }

    @Test("a context that is wrong is told beside the form, which keeps it")
    func trial() async {
        let text = await get("/flags/production/new-checkout", ["context": "{\"a\": "]).text
        #expect(text.contains("the context is not JSON"))
        #expect(text.contains("{\"a\": </textarea>"))
    }

    @Test("a server without flags says so")
    func none() async {
        let site = Site(surface: FakeSurface(.rich())) { World.noon }
        let answer = await site.respond(
            to: PageRequest(
                method: "GET", path: "/flags", principal: Principal(name: "maria", role: .viewer), dev: false))
        #expect(answer.status == 503)
    }
}

@Suite struct DocumentDiffTests {
    @Test("a document's change is shown by its lines, with a little around them")
    func lines() throws {
        let old = #"{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": {"g": 6}}"#
        let new = #"{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": {"g": 7}}"#
        let diff = try #require(DocumentDiff(from: old, to: new))
        #expect(
            diff.lines == [
                .gap, .same(#"  "d": 4,"#), .same(#"  "e": 5,"#), .removed(#"  "f": {"g": 6}"#),
                .added(#"  "f": {"g": 7}"#), .same("}"),
            ])
        #expect(DocumentDiff(from: "", to: "true")?.lines == [.added("true")])
        #expect(DocumentDiff(from: old, to: old) == nil)
        #expect(DocumentDiff(from: "{", to: old) == nil)
    }

    @Test("members that say too much for one line are shown by lines")
    func clipped() {
        let short = ChangeList(lines: ["state: ENABLED → DISABLED"], old: "1", new: "2").markup.html
        #expect(short == "<ul class=\"diff\"><li><code>state: ENABLED → DISABLED</code></li></ul>")
        #expect(ChangeList(lines: ["targeting: {… → {…"], old: "1", new: "2").markup.html.contains("diff lines"))
        #expect(ChangeList(lines: ["targeting: {… → {…"], old: nil, new: "2").markup.html.contains("<ul"))
    }
}
