import Foundation
import Testing
import Values
import Wire

/// A general decoder is the measure of the fast reader: where it reads at all, it reads the same.
@Suite("Reports read fast")
struct HostReportReadingTests {
    static let full = HostReport(
        epoch: 41,
        services: [
            ServiceReport(
                service: "storefront", state: .handingOver, version: "v2", ready: true,
                instances: [
                    InstanceReport(
                        id: "storefront/v2/1", version: "v2", pid: 4711,
                        startedAt: Timestamp(milliseconds: 1_700_000_000_123), ready: true, draining: true,
                        adopted: true,
                        restarts: 3, cpu: 0.25, memory: 123_456_789_012)
                ], onDisk: ["v1", "v2"],
                failure: FailureReport(
                    version: "v3", attempt: 2, step: .crashLoop, message: "ended \"twice\"\n\tin a row \\ again",
                    at: Timestamp(milliseconds: 5), output: ["Grüße, 世界 🌍", ""]), detail: "downloading 35%"),
            ServiceReport(service: "empty", state: .absent),
        ], boot: "b-1",
        load: HostLoad(
            cpus: 2, loadAverage: 1.75, memoryTotal: 8_000_000_000, memoryAvailable: 4_000_000_000,
            diskAvailable: 50_000_000_000), warnings: ["no control groups: /sys/fs/cgroup"])

    static let bare = HostReport(epoch: -1, services: [], boot: "", warnings: [])

    @Test("What an agent writes is read without the general decoder", arguments: [full, bare])
    func agentsWriting(report: HostReport) throws {
        let body = Array(try JSONEncoder().encode(report))
        #expect(HostReport(plainJSON: body) == report)
    }

    @Test("A number beyond all numbers is left to the general decoder, which refuses it")
    func beyondNumbers() throws {
        let text = String(decoding: try JSONEncoder().encode(HostReportReadingTests.full), as: UTF8.self)
        let body = Array(text.replacing("1.75", with: String(repeating: "9", count: 400)).utf8)
        #expect(HostReport(plainJSON: body) == nil)
        #expect(throws: (any Error).self) { try JSONDecoder().decode(HostReport.self, from: Data(body)) }
    }

    @Test("Every report cut off anywhere is left to the general decoder")
    func cutOff() throws {
        let body = Array(try JSONEncoder().encode(HostReportReadingTests.full))
        for length in 0..<body.count { #expect(HostReport(plainJSON: Array(body[..<length])) == nil) }
    }

    @Test(
        "What is not plain is left to the general decoder",
        arguments: [
            #"{"epoch":1,"services":[],"boot":"b","warnings":[],"unknown":1}"#,
            #"{"epoch":1.5,"services":[],"boot":"b","warnings":[]}"#,
            #"{"epoch":+1,"services":[],"boot":"b","warnings":[]}"#,
            #"{"epoch":1,"services":[],"boot":"b","warnings":[],"load":{"cpus":1,"loadAverage":01.5,"memoryTotal":1,"#
                + #""memoryAvailable":1,"diskAvailable":1}}"#,
            #"{"epoch":01,"services":[],"boot":"b","warnings":[]}"#,
            #"{"epoch":99999999999999999999,"services":[],"boot":"b","warnings":[]}"#,
            #"{"epoch":1,"services":[],"boot":"\u0041","warnings":[]}"#,
            #"{"epoch":1,"services":[],"boot":"b","warnings":[],}"#,
            #"{"epoch":1,"services":[],"boot":"b","warnings":[]} x"#,
            #"{"epoch":1,"services":[],"boot":null,"warnings":[]}"#,
            #"{"services":[],"boot":"b","warnings":[]}"#,
            #"{"epoch":1,"services":[{"service":"s","state":"odd"}],"boot":"b","warnings":[]}"#,
        ])
    func notPlain(text: String) {
        #expect(HostReport(plainJSON: Array(text.utf8)) == nil)
    }

    @Test("A byte changed anywhere never makes another report than the general decoder reads")
    func changedBytes() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let body = Array(try encoder.encode(HostReportReadingTests.full))
        var generator = SeededGenerator(seed: 41)
        for _ in 0..<20_000 {
            var changed = body
            changed[Int.random(in: 0..<body.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            guard let fast = HostReport(plainJSON: changed) else { continue }
            let slow = try? JSONDecoder().decode(HostReport.self, from: Data(changed))
            #expect(slow == fast, "\(String(decoding: changed, as: UTF8.self))")
        }
    }
}
