import FoundationEssentials
import Targets
import Testing
import Values

@testable import Agent

/// A folder with a scrape configuration in it.
private final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/halcyon-scrapes-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/targets", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"), options: .atomic)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}

@Suite("The files that say what is scraped")
struct ScrapeFilesTests {
    private static let good = """
        scrape_configs:
          - job_name: found
            file_sd_configs: [{ files: ["targets/*.yml", "targets/*.json"], refresh_interval: 1m }]

        """

    private func addresses(_ files: ScrapeFiles) -> [String] {
        files.configuration.jobs.flatMap { files.groups(of: $0) }.flatMap(\.targets)
    }

    @Test("are read when they change and rest; what was read last stays while one is broken")
    func changes() throws {
        let folder = try Folder()
        var files = ScrapeFiles(path: folder.path + "/prometheus.yml")
        var now = Period.zero
        func look(all: Bool = false, waits: Bool = true) -> ScrapeFiles.News {
            now = now + .seconds(1)
            return files.look(at: now, all: all, waits: waits)
        }
        var news = look(waits: false)
        #expect(news.problems == ["\(folder.path)/prometheus.yml is not there"] && !news.isChanged)
        try folder.write("prometheus.yml", Self.good)
        #expect(!look().isChanged)
        #expect(look().isChanged)
        #expect(!look().isChanged)

        try folder.write("targets/a.yml", "- targets: [\"a:1\"]\n  labels: { shelf: x }\n")
        #expect(!look().isChanged)
        #expect(look().isChanged && addresses(files) == ["a:1"])
        let job = try #require(files.configuration.jobs.first)
        #expect(
            files.groups(of: job).first?.labels == [
                "shelf": "x", "__meta_filepath": "\(folder.path)/targets/a.yml",
            ])

        try folder.write("targets/a.yml", "- target: [\"b:1\"]\n")
        _ = look()
        news = look()
        #expect(!news.isChanged && addresses(files) == ["a:1"])
        #expect(
            news.problems == [
                "\(folder.path)/targets/a.yml:1:3: [0].target: unknown key 'target' (did you mean 'targets'?)"
            ])
        try folder.write("prometheus.yml", "scrape_configs: 7\n")
        _ = look()
        #expect(look().problems.count == 2 && addresses(files) == ["a:1"])

        try folder.write("prometheus.yml", Self.good)
        try folder.write("targets/b.json", "[{\"targets\": [\"c:1\"]}]")
        try folder.remove("targets/a.yml")
        #expect(look().isChanged && addresses(files) == [])
        #expect(look().problems.isEmpty && addresses(files) == ["c:1"])
    }

    @Test("are read again when that is asked for, and a file of targets when its time has come")
    func again() throws {
        let folder = try Folder()
        try folder.write("prometheus.yml", Self.good)
        try folder.write("targets/a.yml", "- targets: [\"a:1\"]\n")
        var files = ScrapeFiles(path: folder.path + "/prometheus.yml")
        #expect(files.look(at: .zero, all: false, waits: false).isChanged)
        #expect(addresses(files) == ["a:1"])
        #expect(!files.look(at: .seconds(30), all: false).isRead)
        #expect(files.look(at: .seconds(31), all: true).isRead)
        #expect(!files.look(at: .seconds(120), all: false).isChanged)
    }
}
