import Ports
import Synchronization
import Testing
import Values
import Wire

@testable import Web

@Suite struct FlagActionTests {
    private let flags = FakeFlags()

    private func send(
        _ path: String, _ query: [String: String], _ form: [String: String] = [:], name: String = "maria",
        role: Role = .operator, method: String = "POST"
    ) async -> PageResponse {
        let site = Site(surface: FakeSurface(.rich()), flags: flags) { World.noon }
        return await site.respond(
            to: PageRequest(
                method: method, path: path, query: query, form: form, principal: Principal(name: name, role: role),
                dev: false))
    }

    private func checkout(_ environment: String = "production") async throws -> FlagView {
        try await flags.flag("new-checkout", environment: environment)
    }

    @Test("a flag is turned off after a question that shows the difference, with a reason, and back on")
    func toggle() async throws {
        let question = await send("/flags/production/new-checkout", ["do": "off"], method: "GET").text
        #expect(question.contains("<code>state: ENABLED → DISABLED</code>"))
        let revision = try await checkout().revision
        #expect(question.contains("name=\"revision\" value=\"\(revision)\""))
        let answer = await send(
            "/flags/production/new-checkout", ["do": "off", "from": "list"],
            ["reason": "it burns", "revision": "\(revision)"])
        #expect(answer.status == 303)
        #expect(answer.header("Location") == "/flags/production?flag=new-checkout&done=off")
        #expect(try await !checkout().isOn)
        let event = try await flags.history(environment: "production", flag: "new-checkout", before: nil, limit: 1)
        #expect(event.first?.reason == "it burns")
        let list = await send("/flags/production", ["flag": "new-checkout", "done": "off"], method: "GET").text
        #expect(list.contains("new-checkout: Turned off."))
        let fooled = await send("/flags/production", ["flag": "Pay here", "done": "off"], method: "GET").text
        #expect(!fooled.contains("Pay here"))
        let again = await send("/flags/production/new-checkout", ["do": "off"], method: "GET").text
        #expect(again.contains("it is so already"))
    }

    @Test("who answers an old question is told, and asked anew about the flag as it is now")
    func staleQuestion() async throws {
        let answer = await send(
            "/flags/production/new-checkout", ["do": "off"], ["revision": "1", "reason": "my reason"])
        #expect(answer.status == 409)
        #expect(answer.text.contains("has changed since revision 1"))
        #expect(answer.text.contains("value=\"my reason\""))
        #expect(answer.text.contains("name=\"revision\" value=\"\(try await checkout().revision)\""))
        #expect(try await checkout().isOn)
    }

    @Test("targeting is looked at while it is typed: errors with line and column, then what would change")
    func check() async throws {
        let revision = "\(try await checkout().revision)"
        func check(_ text: String) async -> PageResponse {
            await send(
                "/flags/production/new-checkout", ["do": "targeting", "fragment": "check"],
                ["document": text, "revision": revision])
        }
        let broken = await check("{\n  \"if\": [\n")
        #expect(broken.status == 200)
        #expect(broken.text.contains("data-place=\"3:1\""))
        #expect(!broken.text.contains("<html"))
        let unknown = await check("{\n  \"iff\": [true, \"on\"]\n}")
        #expect(unknown.text.contains("Line 2, column 3"))
        #expect(unknown.text.contains("did you mean &#39;if&#39;?") || unknown.text.contains("did you mean 'if'?"))
        let right = await check("{\"if\": [{\"var\": \"beta\"}, \"on\"]}")
        #expect(right.text.contains("This is valid."))
        #expect(right.text.contains("targeting: rule 1 added: beta → on"))
        #expect("\(try await checkout().revision)" == revision, "looking has changed something")
    }

    @Test("a form that is wrong comes back with everything that was typed; a right one is saved")
    func save() async throws {
        let revision = "\(try await checkout().revision)"
        let wrong = await send(
            "/flags/production/new-checkout", ["do": "targeting"],
            ["document": "{\"x\":<", "revision": revision, "reason": "a \"try\""])
        #expect(wrong.status == 400)
        #expect(wrong.text.contains("{\"x\":&lt;</textarea>"))
        #expect(wrong.text.contains("value=\"a &quot;try&quot;\""))
        #expect(!wrong.text.contains("data-every"), "a page with typed text fetches itself anew")
        let right = await send(
            "/flags/production/new-checkout", ["do": "targeting"], ["document": "  ", "revision": revision])
        #expect(right.header("Location") == "/flags/production/new-checkout?done=targeting")
        #expect(try await checkout().rules == ["everybody → off"])
    }

    @Test("somebody else was first: nothing typed is lost, what they did is shown, and saving again goes on top of it")
    func conflict() async throws {
        let base = try await checkout().revision
        _ = await send("/flags/production/new-checkout", ["do": "off"], ["reason": "fire"], name: "tom")
        let text = "{\"if\": [{\"var\": \"beta\"}, \"on\"]}"
        let answer = await send(
            "/flags/production/new-checkout", ["do": "targeting"], ["document": text, "revision": "\(base)"])
        #expect(answer.status == 409)
        #expect(answer.text.contains("What you typed is still here."))
        #expect(answer.text.contains("Turned off by tom: fire"))
        #expect(answer.text.contains(text))
        let now = try await checkout().revision
        #expect(now > base)
        #expect(answer.text.contains("name=\"revision\" value=\"\(now)\""))
        let again = await send(
            "/flags/production/new-checkout", ["do": "targeting"], ["document": text, "revision": "\(now)"])
        #expect(again.status == 303)
        #expect(try await !checkout().isOn)
    }

    @Test("shares are saved for all variants together, and must make the whole")
    func shares() async throws {
        func save(_ red: String, _ green: String, _ blue: String) async -> PageResponse {
            await send(
                "/flags/production/button-colour", ["do": "rollout"],
                ["share:red": red, "share:green": green, "share:blue": blue])
        }
        let short = await save("10", "20", "30")
        #expect(short.status == 400)
        #expect(short.text.contains("add up to 60%"))
        #expect(short.text.contains("name=\"share:blue\" value=\"30\""))
        #expect(await save("10", "much", "30").text.contains("“much” is not a share of green"))
        #expect(await save("12.5", "87.5", "0").status == 303)
        let flag = try await flags.flag("button-colour", environment: "production")
        #expect(flag.rules == ["everybody → 87.5% green, 12.5% red"])
    }

    @Test("a change of a protected environment is a proposal, which another person approves")
    func proposals() async throws {
        let path = "/flags/protected/new-checkout"
        #expect(await send(path, ["do": "off"], method: "GET").text.contains("needs a second person"))
        let proposed = await send(path, ["do": "off"], ["reason": "tidy"])
        #expect(proposed.header("Location") == "\(path)?done=proposed")
        #expect(try await checkout("protected").isOn)
        let id = try #require(try await flags.proposals(environment: "protected", open: true).first?.id)
        let own = await send("/flags/protected", ["show": "proposals"], method: "GET").text
        #expect(own.contains("Somebody else must approve it."))
        #expect(await send("/", [:], method: "GET").text.contains("1 change waits for a second person."))
        #expect(!own.contains("id=\"approve-\(id)\""))
        let refused = await send(path, ["do": "approve", "proposal": id], method: "GET").text
        #expect(refused.contains("You proposed this change yourself."))
        #expect(await send(path, [:], name: "tom", method: "GET").text.contains("id=\"approve-\(id)\""))
        let approved = await send(path, ["do": "approve", "proposal": id, "from": "proposals"], name: "tom")
        #expect(approved.header("Location") == "/flags/protected?show=proposals&done=approve")
        #expect(try await flags.proposal(id).state == .applied)
        let foreign = await send("/flags/protected/other", ["do": "reject", "proposal": id], name: "tom")
        #expect(foreign.status == 404)
    }

    @Test("a proposal of something new is shown whole; one of a segment is not taken for the flag of the same name")
    func kinds() async throws {
        func propose(_ kind: String, _ key: String, _ document: String) {
            let proposal = ProposalView(
                id: "protected-\(kind)", environment: "protected", kind: kind, key: key, state: .open, action: "put",
                reason: "", by: "tom", at: World.noon, base: 0, diff: ["created"], document: document)
            flags.state.withLock { $0.proposals.append(proposal) }
        }
        propose("flag", "brand-new", #"{"state":"ENABLED","variants":{"on":true}}"#)
        propose("segment", "new-checkout", #"{"ends_with":[{"var":"email"},"@example.com"]}"#)
        let list = await send("/flags/protected", ["show": "proposals"], method: "GET").text
        #expect(list.contains("the new flag brand-new"))
        #expect(!list.contains("href=\"/flags/protected/brand-new\""), "a flag that is not there yet has a link")
        #expect(list.contains("+   \"state\": \"ENABLED\","))
        #expect(list.contains("the segment <a href=\"/flags/protected?show=segments\">new-checkout</a>"))
        let flag = await send("/flags/protected/new-checkout", [:], method: "GET").text
        #expect(!flag.contains("proposal-protected-segment"))
        let query = ["do": "approve", "proposal": "protected-segment", "from": "proposals"]
        let question = await send("/flags/protected/new-checkout", query, method: "GET").text
        #expect(question.contains("Approve the segment "))
        #expect(!question.contains("removed "), "the segment is compared with the flag")
        #expect(await send("/flags/protected/new-checkout", query).status == 303)
    }

    @Test("an old state comes back, and a flag is copied to another environment")
    func revertAndCopy() async throws {
        let first = try await checkout().revision
        _ = await send("/flags/production/new-checkout", ["do": "off"])
        let page = await send("/flags/production/new-checkout", [:], method: "GET").text
        #expect(page.contains("?do=revert&amp;to=\(first)\""))
        let question = await send(
            "/flags/staging/new-checkout", ["do": "copy", "source": "production"], method: "GET")
        #expect(question.text.contains("new-checkout: state: ENABLED → DISABLED"))
        _ = await send("/flags/staging/new-checkout", ["do": "copy", "source": "production"])
        #expect(try await !checkout("staging").isOn)
        let back = await send("/flags/production/new-checkout", ["do": "revert", "to": "\(first)"])
        #expect(back.header("Location") == "/flags/production/new-checkout?done=revert")
        #expect(try await checkout().isOn)
    }

    @Test("words about a flag are saved; a viewer changes nothing, whatever is sent")
    func describe() async throws {
        let answer = await send(
            "/flags/production/new-checkout", ["do": "describe"],
            ["description": "Shorter", "owner": "", "tags": "a, b c", "expires": "2027-01-31"])
        #expect(answer.status == 303)
        let flag = try await checkout()
        #expect(flag.description == "Shorter" && flag.owner.isEmpty && flag.tags == ["a", "b", "c"])
        for verb in ["off", "targeting", "rollout", "archive"] {
            let refused = await send("/flags/production/new-checkout", ["do": verb], role: .viewer)
            #expect(refused.status == 403)
        }
        #expect(try await checkout().revision == flag.revision)
        #expect(await send("/flags/production/new-checkout", ["do": "explode"]).status == 404)
        #expect(await send("/flags/production", [:]).status == 400)
    }
}
