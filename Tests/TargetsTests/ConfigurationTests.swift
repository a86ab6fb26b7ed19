import Documents
import Specs
import Targets
import Testing
import Values

@Suite("Prometheus' scrape configurations")
struct ConfigurationTests {
    @Test("a whole prometheus.yml: what agents do not read is named")
    func whole() throws {
        let (read, issues) = configuration(
            """
            global:
              scrape_interval: 15s
              evaluation_interval: 15s
              external_labels: { region: eu }
              sample_limit: 5000
            rule_files: ["rules/*.yml"]
            alerting: { alertmanagers: [] }
            remote_write: [{ url: "http://example" }]
            scrape_configs:
              - job_name: node
                scrape_timeout: 5s
                static_configs:
                  - targets: ["a:9100", "b:9100"]
                    labels: { rack: "1" }
              - job_name: files
                scrape_interval: 1m
                metrics_path: probe
                scheme: https
                params: { module: [http], target: [x, y] }
                honor_labels: true
                honor_timestamps: false
                sample_limit: 0
                label_limit: 30
                body_size_limit: 2MB
                target_limit: 7
                basic_auth: { username: ada, password_file: secret }
                tls_config: { ca_file: ca.pem, insecure_skip_verify: true }
                file_sd_configs:
                  - files: ["targets/*.json", more.yml]
                    refresh_interval: 30s
            """)
        #expect(issues.errors.isEmpty)
        let warnings = issues.map(\.description)
        #expect(warnings.count == 4)
        #expect(warnings.contains("prometheus.yml:6:13: rule_files: warning: agents do not read 'rule_files'"))
        #expect(read.externalLabels.map(\.name) == ["region"])
        let node = try #require(read.jobs.first)
        #expect(node.interval == .seconds(15) && node.timeout == .seconds(5) && node.rules.sampleLimit == 5000)
        #expect(node.rules.honorTimestamps && !node.rules.honorLabels)
        #expect(node.groups == [TargetGroup(targets: ["a:9100", "b:9100"], labels: ["rack": "1"])])
        let files = try #require(read.jobs.last)
        #expect(files.interval == .minutes(1) && files.timeout == .seconds(10) && files.rules.sampleLimit == nil)
        #expect(files.rules.honorLabels && !files.rules.honorTimestamps && files.rules.labelLimit == 30)
        #expect(files.rules.bodySizeLimit == .mebibytes(2) && files.targetLimit == 7)
        #expect(files.credentials == .basic(user: .text("ada"), password: .file("secret")))
        #expect(files.tls.authorities == "ca.pem" && files.tls.skipsVerification)
        #expect(
            files.discoveries == [FileDiscovery(patterns: ["targets/*.json", "more.yml"], refresh: .seconds(30))])
    }

    @Test(
        "names the place of what is wrong, and what is nearest to it",
        arguments: [
            ("scrape_config: []", "1:1: scrape_config: unknown key 'scrape_config' (did you mean 'scrape_configs'?)"),
            (
                "scrape_configs:\n- job_name: a\n  scrape_intervall: 5s",
                "3:3: scrape_configs[0].scrape_intervall: unknown key 'scrape_intervall' (did you mean 'scrape_interval'?)"
            ),
            (
                "scrape_configs:\n- job_name: a\n  kubernetes_sd_configs: []",
                "agents do not support 'kubernetes_sd_configs' (targets come from static_configs and file_sd_configs)"
            ),
            (
                "scrape_configs:\n- job_name: a\n  bearer_token: secret",
                "agents do not support 'bearer_token' (write authorization: { credentials_file: … })"
            ),
            ("scrape_configs:\n- scrape_interval: 5s", "2:3: scrape_configs[0]: 'job_name' is missing"),
            ("scrape_configs:\n- job_name: a\n- job_name: a", "3:13: scrape_configs[1].job_name: there are two"),
            (
                "scrape_configs:\n- job_name: a\n  scrape_interval: 5s\n  scrape_timeout: 6s",
                "4:19: scrape_configs[0].scrape_timeout: it is longer than the scrape_interval, 5s"
            ),
            (
                "scrape_configs:\n- job_name: a\n  scrape_interval: 5",
                "3:20: scrape_configs[0].scrape_interval: expected a duration like 30s, found the number 5"
            ),
            (
                "scrape_configs:\n- job_name: a\n  static_configs: [{targets: ['http://x:1']}]",
                "3:31: scrape_configs[0].static_configs[0].targets[0]: 'http://x:1' is not an address: it has a '/'"
            ),
            (
                "scrape_configs:\n- job_name: a\n  basic_auth: {username: u, password: 12345}",
                "expected a text, found a number (put it in quotes)"
            ),
            (
                "scrape_configs:\n- job_name: a\n  file_sd_configs: [{files: [targets]}]",
                "'targets' does not end with .json, .yml or .yaml"
            ),
        ])
    func wrong(_ text: String, _ words: String) {
        let (_, issues) = configuration(text)
        let told = issues.errors.map(\.description).joined(separator: "\n")
        #expect(told.contains(words), "\(told)")
        #expect(!told.contains("12345"))
    }

    private func targets(_ job: String, _ groups: [TargetGroup]) throws -> [FoundTarget] {
        let (read, issues) = configuration("scrape_configs: [{job_name: j, \(job)}]")
        #expect(issues.isEmpty, "\(issues)")
        return try #require(read.jobs.first).targets(of: groups)
    }

    @Test("a target is given job and instance, and keeps its group's labels; those with two underscores vanish")
    func target() throws {
        let found = try targets("scrape_interval: 5s", [TargetGroup(targets: ["h:1", "h:1"], labels: ["rack": "7"])])
        guard case .active(let endpoint) = try #require(found.first) else {
            Issue.record("\(found)")
            return
        }
        #expect(found.count == 1)
        #expect(endpoint.labels == ["job": "j", "instance": "h:1", "rack": "7"])
        #expect(endpoint.url == "http://h:1/metrics" && endpoint.interval == .seconds(5))
        #expect(
            endpoint.discovered == [
                "__address__": "h:1", "__metrics_path__": "/metrics", "__scheme__": "http",
                "__scrape_interval__": "5s", "__scrape_timeout__": "5s", "job": "j", "rack": "7",
            ])
    }

    @Test("relabelling makes address, path, scheme, parameters, interval and labels")
    func relabelled() throws {
        let found = try targets(
            """
            params: {target: [old], module: ['a b']}, relabel_configs: [
              {source_labels: [__address__], target_label: __param_target},
              {source_labels: [__param_target], target_label: instance},
              {target_label: __address__, replacement: 'blackbox:9115'}, {target_label: __scheme__, replacement: https},
              {target_label: __metrics_path__, replacement: /probe}, {target_label: __scrape_interval__, replacement: 20s}]
            """, [TargetGroup(targets: ["example.com:443"])])
        guard case .active(let endpoint) = try #require(found.first) else {
            Issue.record("\(found)")
            return
        }
        #expect(endpoint.url == "https://blackbox:9115/probe?module=a+b&target=example.com%3A443")
        #expect(endpoint.labels == ["job": "j", "instance": "example.com:443"])
        #expect(endpoint.interval == .seconds(20) && endpoint.timeout == .seconds(10))
    }

    @Test("what is dropped is told with what was known of it, and what makes no target with the reason")
    func dropped() throws {
        let found = try targets(
            """
            relabel_configs: [{source_labels: [__address__], regex: 'a.*', action: drop},
              {source_labels: [__address__], regex: 'b.*', target_label: __address__, replacement: ''},
              {source_labels: [__address__], regex: 'c.*', target_label: __scrape_timeout__, replacement: 2m}]
            """, [TargetGroup(targets: ["a:1", "b:1", "c:1", "d:1"], labels: ["rack": "7"])])
        guard case .dropped(let discovered) = found[0], case .wrong(let first, _) = found[1],
            case .wrong(let second, _) = found[2], case .active = found[3]
        else {
            Issue.record("\(found)")
            return
        }
        #expect(discovered["__address__"] == "a:1" && discovered["rack"] == "7")
        #expect(first == "it has no address" && second == "its scrape timeout is longer than its interval")
    }
}
