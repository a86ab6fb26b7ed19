import Foundation
import TestSupport
import Testing

@Suite("Under systemd")
struct SystemdTests {
    private var repository: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    @Test(
        "the agent's unit joins, deploys and is restarted, killed and stopped, and the service's process stays the same"
    )
    func agent() async throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "systemd-\(getpid()).log").path
        defer { try? FileManager.default.removeItem(atPath: log) }
        let story = try Running(
            "the story under systemd", [repository.appending(path: "Tests/Systemd/run").path, buildFolder],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], log: log)
        let code = try await story.finish(within: .seconds(500))
        if code == 77 {
            print("the agent under systemd was \(read(log))")
        } else {
            #expect(code == 0 && read(log).contains("all is well"), "\(read(log))")
        }
    }

    @Test("systemd finds nothing wrong with the units")
    func verify() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") else {
            return print("the units were not checked: systemd-analyze is not installed")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "units-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["halcyon-agent.service", "halcyon-server.service"] {
            let text = read(repository.appending(path: "packaging/\(name)").path)
            // The program is where it was built.
            let unit = folder.appending(path: name).path
            try write(text.replacing("/usr/local/bin/halcyon", with: "\(buildFolder)/halcyon"), to: unit)
            let log = "\(unit).log"
            let check = try Running(
                "systemd-analyze", ["/usr/bin/systemd-analyze", "verify", unit], environment: ["PATH": "/usr/bin:/bin"],
                log: log)
            let code = try await check.finish()
            // Keys of newer releases are passed over, and said.
            let found = read(log).split(separator: "\n").filter {
                $0.contains(name) && !$0.contains("DelegateSubgroup")
            }
            #expect(code == 0 && found.isEmpty, "\(read(log))")
        }
    }
}
