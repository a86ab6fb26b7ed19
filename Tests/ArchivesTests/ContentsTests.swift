import Archives
import Testing

@Suite("What a service's program has to be in an artefact")
struct ContentsTests {
    private static func contents(_ fill: (inout TarWriter) -> Void) throws -> ArtefactContents {
        var tar = TarWriter()
        fill(&tar)
        var inspection = ArtefactInspection()
        try inspection.append(gzipped(tar.finished()))
        return try inspection.finish()
    }

    private static let shop: @Sendable (inout TarWriter) -> Void = { tar in
        tar.add("./bin/", type: "5", mode: 0o755)
        tar.add("./bin/shop", mode: 0o755, body: Array("#!/bin/sh\n".utf8))
        tar.add("./hard", type: "1", link: "./bin/shop")
        tar.add("./current", type: "2", link: "bin")
        tar.add("./nowhere", type: "2", link: "bin/none")
        tar.add("./notes.txt", body: [1])
    }

    @Test(
        "can be started, or only a host can tell",
        arguments: [
            "./bin/shop", "bin/shop", "bin//./shop", "./hard", "./current/shop", "/usr/bin/env", "python3",
            "./${VERSION}/shop",
        ])
    func possible(program: String) throws {
        #expect(try ContentsTests.contents(ContentsTests.shop).obstacle(to: program) == nil)
    }

    @Test(
        "cannot be started",
        arguments: [
            ("./shop", "did you mean ./bin/shop?"), ("./bin/shp", "did you mean ./bin/shop?"),
            ("./notes.txt", "chmod +x notes.txt"), ("notes.txt", "chmod +x notes.txt"),
            ("./bin", "name the program in it"),
            ("./current", "name the program in it"), ("./nowhere", "its executable files are ./bin/shop, ./hard"),
            ("../bin/shop", "from the artefact's own folder"),
        ])
    func impossible(program: String, advice: String) throws {
        let obstacle = try ContentsTests.contents(ContentsTests.shop).obstacle(to: program)
        #expect(obstacle?.advice.contains(advice) == true, "\(String(describing: obstacle))")
        #expect(obstacle?.reason.contains(program) == true)
    }

    @Test("A single executable is called what the command calls it, but lies in no folder")
    func single() throws {
        var inspection = ArtefactInspection()
        try inspection.append(Array("#!/bin/sh\n".utf8))
        let contents = try inspection.finish()
        #expect(contents.obstacle(to: "./shop") == nil)
        #expect(contents.obstacle(to: "shop") == nil)
        #expect(contents.obstacle(to: "./bin/shop")?.advice.contains("./shop") == true)
    }

    @Test("An archive without any executable file says so")
    func nothingExecutable() throws {
        let contents = try ContentsTests.contents { $0.add("app", body: [1]) }
        #expect(contents.obstacle(to: "./shop")?.advice.contains("set the bit") == true)
    }
}
