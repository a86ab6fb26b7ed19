import Documents
import Formats
import Series
import Targets
import Testing

@Suite("Relabelling")
struct RelabelTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var what: String
        var rules: String
        var given: [String: String]
        /// `nil`: dropped.
        var result: [String: String]?
        var testDescription: String { what }

        init(_ what: String, _ given: [String: String], _ rules: String, _ result: [String: String]?) {
            (self.what, self.rules, self.given, self.result) = (what, rules, given, result)
        }
    }

    static let cases: [Case] = [
        Case(
            "replace takes groups by number", ["a": "foo", "b": "bar"],
            "[{source_labels: [a], regex: 'f(.*)', target_label: d, replacement: 'ch${1}-ch$1'}]",
            ["a": "foo", "b": "bar", "d": "choo-choo"]),
        Case(
            "replace joins its sources, and takes them all by default", ["a": "foo", "b": "bar"],
            "[{source_labels: [a, b], target_label: a}]", ["a": "foo;bar", "b": "bar"]),
        Case(
            "another separator", ["a": "foo", "b": "bar"],
            "[{source_labels: [a, b, none], separator: '-', target_label: c}]",
            ["a": "foo", "b": "bar", "c": "foo-bar-"]),
        Case(
            "a regex must match the whole value", ["a": "xfoo"],
            "[{source_labels: [a], regex: foo, target_label: a, replacement: b}]", ["a": "xfoo"]),
        Case(
            "a dot matches a line's end", ["a": "x\ny"],
            "[{source_labels: [a], regex: 'x.y', target_label: a, replacement: b}]", ["a": "b"]),
        Case(
            "groups by name", ["a": "host:9100"],
            "[{source_labels: [a], regex: '(?P<host>[^:]+):.*', target_label: h, replacement: '${host}/$host'}]",
            ["a": "host:9100", "h": "host/host"]),
        Case(
            "two dollars are one", ["a": "x"], "[{source_labels: [a], target_label: b, replacement: '$$1'}]",
            ["a": "x", "b": "$1"]),
        Case(
            "a name of letters behind the dollar is no number", ["a": "x"],
            "[{source_labels: [a], target_label: b, replacement: '$1y'}]", ["a": "x"]),
        Case("a replacement of nothing removes", ["a": "x"], "[{target_label: a, replacement: ''}]", [:]),
        Case("a constant needs no source", [:], "[{target_label: a, replacement: b}]", ["a": "b"]),
        Case(
            "the target may be made of groups", ["a": "shard-7"],
            "[{source_labels: [a], regex: '(.*)-(.*)', target_label: 'x_$1', replacement: $2}]",
            ["a": "shard-7", "x_shard": "7"]),
        Case("keep keeps", ["a": "foo"], "[{source_labels: [a], regex: 'fo+', action: keep}]", ["a": "foo"]),
        Case("keep drops the rest", ["a": "bar"], "[{source_labels: [a], regex: 'fo+', action: keep}]", nil),
        Case("drop drops", ["a": "foo"], "[{source_labels: [a], regex: 'fo+', action: drop}]", nil),
        Case("drop keeps the rest", ["a": "bar"], "[{source_labels: [a], regex: 'fo+', action: drop}]", ["a": "bar"]),
        Case("an action in capitals", ["a": "foo"], "[{source_labels: [a], regex: 'fo+', action: DROP}]", nil),
        Case(
            "what is dropped goes on no further", ["a": "foo"],
            "[{source_labels: [a], regex: foo, action: drop}, {target_label: b, replacement: c}]", nil),
        Case(
            "hashmod is that of Prometheus", ["a": "foo", "b": "bar", "c": "baz"],
            "[{source_labels: [c], target_label: d, action: hashmod, modulus: 1000}]",
            ["a": "foo", "b": "bar", "c": "baz", "d": "976"]),
        Case(
            "hashmod of a text with a line's end", ["a": "foo\nbar"],
            "[{source_labels: [a], target_label: b, action: hashmod, modulus: 1000}]",
            ["a": "foo\nbar", "b": "734"]),
        Case(
            "labelmap copies under other names", ["__meta_a": "x", "__meta_b": "y", "c": "z"],
            "[{regex: '__meta_(.+)', action: labelmap}]",
            ["__meta_a": "x", "__meta_b": "y", "c": "z", "a": "x", "b": "y"]),
        Case(
            "labelmap with a name of its own", ["a1": "foo", "b": "bar"],
            "[{regex: '(a.)', replacement: 'bar_$1', action: labelmap}]", ["a1": "foo", "b": "bar", "bar_a1": "foo"]),
        Case("labeldrop", ["a": "x", "ab": "y", "b": "z"], "[{regex: 'a.*', action: labeldrop}]", ["b": "z"]),
        Case(
            "labelkeep", ["a": "x", "ab": "y", "b": "z"], "[{regex: 'a.*', action: labelkeep}]", ["a": "x", "ab": "y"]),
        Case(
            "lowercase and uppercase", ["a": "BaR123É"],
            "[{source_labels: [a], target_label: l, action: lowercase}, "
                + "{source_labels: [a], target_label: u, action: uppercase}]",
            ["a": "BaR123É", "l": "bar123é", "u": "BAR123É"]),
        Case(
            "keepequal keeps", ["a": "x", "b": "x"], "[{source_labels: [a], target_label: b, action: keepequal}]",
            ["a": "x", "b": "x"]),
        Case(
            "keepequal drops", ["a": "x", "b": "y"], "[{source_labels: [a], target_label: b, action: keepequal}]", nil),
        Case(
            "dropequal drops", ["a": "x", "b": "x"], "[{source_labels: [a], target_label: b, action: dropequal}]", nil),
        Case(
            "dropequal keeps", ["a": "x", "b": "y"], "[{source_labels: [a], target_label: b, action: dropequal}]",
            ["a": "x", "b": "y"]),
    ]

    @Test("does what Prometheus documents", arguments: cases)
    func relabel(_ one: Case) throws {
        let rules = try rules(one.rules)
        var labels = LabelPairs(one.given.map { ($0.key, $0.value) })
        let isKept = RelabelRule.apply(rules, to: &labels)
        #expect((isKept ? labels.dictionary : nil) == one.result)
    }

    private func rules(_ text: String) throws -> [RelabelRule] {
        let (configuration, issues) = configuration(
            "scrape_configs: [{job_name: a, relabel_configs: \(text)}]")
        #expect(issues.isEmpty, "\(issues)")
        return try #require(configuration.jobs.first).relabelling
    }

    @Test(
        "refuses rules that cannot mean what they say, with the place",
        arguments: [
            ("{action: replac, target_label: b}", "'replac' (did you mean 'replace'?)"),
            ("{regex: 'a(', target_label: b}", ":1:58: scrape_configs[0].relabel_configs[0].regex: "),
            ("{source_labels: [a]}", "'target_label' is missing (for example target_label: instance)"),
            ("{source_labels: [a], target_label: b, action: hashmod}", "'modulus' is missing"),
            ("{regex: a, target_label: b, action: labeldrop}", "the action 'labeldrop' has no use for 'target_label'"),
            ("{source_label: [a], target_label: b}", "unknown key 'source_label' (did you mean 'source_labels'?)"),
        ])
    func refused(_ rule: String, _ words: String) {
        let (_, issues) = configuration("scrape_configs: [{job_name: a, relabel_configs: [\(rule)]}]")
        let told = issues.map(\.description).joined(separator: "\n")
        #expect(told.contains(words), "\(told)")
    }
}

func configuration(_ text: String) -> (ScrapeConfiguration, issues: [DocumentIssue]) {
    let (nodes, issues) = readDocuments(text, file: "prometheus.yml")
    guard let node = nodes.first else { return (ScrapeConfiguration(), issues) }
    let (read, wrong) = readScrapeConfiguration(node, file: "prometheus.yml")
    return (read, issues + wrong)
}
