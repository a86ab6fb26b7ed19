import Ports
import Rollouts
import Specs
import Testing
import Values
import Verdicts
import Wire

@testable import Web

@Suite struct PageTests {
    private let scene = Scene(now: World.noon, principal: Principal(name: "maria", role: .operator), dev: false)

    @Test("a check shows canary beside baseline with counts, the effect with its interval, evidence and a sentence")
    func reading() {
        let text = Markup.group(ReadingRow(World.failedErrors).markup).html.withoutIcons
        for piece in [
            "<tr class=\"failed\" id=\"check-errors\"><td class=\"name\" data-label=\"Check\"><strong>errors</strong></td>",
            "<td class=\"\" data-label=\"Verdict\"><span class=\"sign tone-bad\">×<span>Fail</span></span></td>",
            "data-label=\"Canary\"><span class=\"figure\">5.23%</span><span class=\"counts muted\">63 of 1,204, 1 host</span>",
            "data-label=\"Baseline\"><span class=\"figure\">0.5%</span>"
                + "<span class=\"counts muted\">49 of 9,876, 11 hosts</span>",
            "<span class=\"figure\">10.5×</span><span class=\"counts muted\">6.7–16, 95%</span>",
            "<span class=\"counts muted\">limit 0.73%</span>",
            "<span class=\"figure\">31,000 to 1</span><span class=\"counts muted\">of 250 to 1 for a rollback</span>",
            "<p>Canary 5.2% of 1,204 requests bad, baseline 0.5% of 9,876: 10 times as many (6.7 to 16 with 95% confidence);",
            "<li>Made of per tick 66,000 to 1 (weight 80%), crash 20 to 1 (weight 20%)</li>",
        ] { #expect(text.contains(piece), "\(piece) in \(text)") }
        let whole = Markup.group(ReadingRow(World.failedErrors).markup).html
        #expect(whole.contains("=\"10.5 times the baseline, 6.7–16, 95% confidence; up to 1.47 times is tolerated\""))
    }

    @Test("a check without evidence is shown with its limit alone")
    func withoutEvidence() {
        let text = Markup.group(ReadingRow(World.queueDepth).markup).html
        #expect(text.contains("data-label=\"Effect\"><span class=\"counts muted\">limit 500</span></td>"))
        #expect(text.contains("data-label=\"Evidence\">–</td>"))
    }

    @Test("the budget is one line: how much is spent, and by which check")
    func budget() {
        let rollout = World.baking(World.hostNames(12), World.noon, later: false)
        let text = ChecksSection(rollout: rollout, charts: []).markup.html
        #expect(
            text.contains(
                "<strong>Budget</strong> all checks together stand at 1.8 to 1 (highest 5.5 to 1), most of it from latency; "
                    + "a rollback needs 100 to 1, which at most 1% of good changes ever reach</p>"))
        #expect(text.contains("<li>Zone eu-b has no baseline host and is left out</li>"))
    }

    @Test("an ended rollout without readings shows those of its last decision")
    func ended() {
        var rollout = World.done(World.hostNames(12), World.noon)
        rollout.readings = []
        let decision = Explanation.Decision(
            at: World.noon, by: "halcyon", what: "wave rest is done", why: [], readings: [World.errors])
        let section = ChecksSection(rollout: rollout, decisions: [decision], charts: [])
        #expect(section.markup.html.contains("id=\"check-errors\""))
        #expect(ChecksSection(rollout: rollout, charts: []).markup.html.contains("No check was read."))
    }

    @Test("a check without data says so instead of a verdict")
    func lacksData() {
        #expect(Markup.group(ReadingRow(World.latency).markup).html.contains("No data"))
    }

    @Test("the author of an event is named once, and as written")
    func author() {
        func line(_ sentence: String, by: String) -> String {
            let event = RolloutEvent(sequence: 1, at: World.noon, by: by, fact: .paused(reason: "logs"))
            return HistoryLine(entry: HistoryEntry(rollout: "r", event: event, sentence: sentence)).markup(scene).html
        }
        #expect(line("maria paused it: logs", by: "maria").contains("class=\"sentence\">maria paused it: logs</span>"))
        #expect(line("paused: logs", by: "maria").contains("Paused: logs<span class=\"by\"> by maria</span>"))
        #expect(line("wave one started", by: "halcyon").contains("class=\"sentence\">Wave one started</span>"))
    }

    @Test("names that look like markup stay names")
    func hostile() async {
        var world = World.rich()
        let name = "<img src=x onerror=alert(1)>"
        world.rollouts[0].version = name
        world.rollouts[0].waves[0].hosts[0].detail = name
        world.rollouts[0].readings[0].reason = name
        world.hosts[0].labels["ring"] = name
        world.audit[0].detail = name
        let site = Site(surface: FakeSurface(world)) { World.noon }
        for path in ["/", "/fleet", "/rollouts", "/rollouts/r-7f3k2", "/rollouts/r-7f3k2/pause", "/audit"] {
            let answer = await site.respond(
                to: PageRequest(method: "GET", path: path, principal: scene.principal, dev: false))
            #expect(!answer.text.contains("<img"), "in \(path)")
        }
    }

    @Test("the fleet is filtered by every word, and by state")
    func fleetFilter() {
        let hosts = World.rich().hosts
        func names(_ query: [String: String]) -> [String] {
            hosts.filter(FleetFilter(query: query).matches).map(\.name)
        }
        #expect(names([:]).count == 12)
        #expect(names(["q": "EU-WEB zone=a"]) == ["eu-web-01", "eu-web-03"])
        #expect(names(["q": "2.5.0"]) == ["eu-web-01", "eu-web-02", "eu-web-03"])
        #expect(names(["state": "unknown"]) == ["ap-web-03"])
        #expect(names(["state": "not-ready"]) == ["us-web-02"])
        #expect(names(["state": "nonsense"]).count == 12)
    }

    @Test("an empty server says what to do first")
    func empty() async {
        let site = Site(surface: FakeSurface(World(now: World.noon))) { World.noon }
        let texts = [
            "/": "halcyon apply -f service.yaml", "/fleet": "halcyon agent --server URL",
            "/rollouts": "halcyon deploy SERVICE",
            "/audit": "Nothing has been changed yet.",
        ]
        for (path, text) in texts {
            let answer = await site.respond(
                to: PageRequest(method: "GET", path: path, principal: scene.principal, dev: false))
            #expect(answer.text.contains(text), "in \(path)")
        }
    }

    @Test("hundreds of hosts are marks with words, not names")
    func manyHosts() {
        let rollout = World.baking(World.hostNames(400), World.noon, later: false)
        let text = WavesSection(rollout: rollout).markup.html
        #expect(text.contains("99 of 400 hosts serve 2.5.0"))
        #expect(text.contains("class=\"cells many\""))
        #expect(text.contains("title=\"us-web-01 · Ready · 2.5.0\""))
    }
}

extension String {
    /// Pictures as one mark, so that a golden text stays readable.
    fileprivate var withoutIcons: String {
        var rest = Substring(self)
        var output = ""
        while let start = rest.firstRange(of: "<svg"), let end = rest.firstRange(of: "</svg>") {
            output += rest[..<start.lowerBound] + "×"
            rest = rest[end.upperBound...]
        }
        return output + rest
    }
}
