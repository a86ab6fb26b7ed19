import TestSupport
import Wire

/// The service of the tests: the sample shop, in versions that behave as a test wants.
extension Lab {
    /// Packs a version; its behaviour is `key=value` lines. The program itself stays where it was built: artefacts are small.
    func pack(_ version: String, _ behaviour: String = "") throws -> String {
        let path = "\(folder)/\(version).tar"
        try writeTar([TarEntry(name: "behaviour.conf", text: "version=\(version)\n\(behaviour)\n")], to: path)
        return path
    }

    static let fastWaves = """
        - { name: one, hosts: 1, bake: 1s }
        - { name: half, hosts: 50%, bake: 1s, maxUnavailable: 100% }
        - { name: all, hosts: 100%, bake: 1s, maxUnavailable: 100% }
        """

    /// The shop's document.
    func document(
        service: String = "shop", waves: String = Lab.fastWaves, plan: String = "watch: 1s", checks: Bool = true,
        command: String? = nil, more: String = ""
    ) -> String {
        let program = command ?? "\(buildFolder)/storefront"
        let text = """
            kind: Service
            name: \(service)
            run:
              command: ["\(program)", "--behaviour", "behaviour.conf", "--lame-duck", "100"]
              listen: "${ADDRESS}:\(servicePort)"
              handover: socket
              ready: { notify: true, within: 20s }
              drain: 5s
              lameDuck: 100ms
              metrics: { path: /metrics, every: 1s }
            \(more)
            \(checks ? Lab.errorsCheck : "")
            plan:
              \(plan)
              rollback: { maxUnavailable: 100% }
              waves:
            """
        return text + "\n" + waves.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n") + "\n"
    }

    private static let errorsCheck = """
        checks:
          - name: errors
            ratio: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' }
            tolerate: { relative: 1.25, absolute: 1% }
            minimumEvents: 10
        """

    /// Applies the shop's document.
    func applyShop(_ document: String) async throws {
        try write(document, to: "\(folder)/shop.yaml")
        try await must("apply", "-f", "\(folder)/shop.yaml")
    }

    /// The addresses that the shop answers on.
    var shopAddresses: [String] { (1...setting.hosts).map { "\(Address.host($0)):\(servicePort)" } }

    /// Waits until every host runs this version and nothing else, ready.
    func waitForEverywhere(_ version: String?, service: String = "shop") async throws {
        try await waitFor("every host to run \(version ?? "nothing")", within: .seconds(90)) {
            try await hosts().allSatisfy { host in
                let report = host.services.first { $0.service == service }
                guard let version else { return report.map(\.instances.isEmpty) ?? true }
                return host.contact == .connected && report?.state != .handingOver && report?.version == version
                    && report?.ready == true && report?.instances.count == 1
            }
        }
    }
}
