import Foundation
import Ports
import Testing

@testable import Web

@Suite struct AssetTests {
    private let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/Web/Assets")

    @Test("the embedded files are those of Assets; when this fails, run Scripts/embed-assets")
    func current() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(names) == Set(EmbeddedAssets.files.keys))
        for name in names {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            #expect(text == (EmbeddedAssets.files[name] ?? "") + "\n", "\(name) has changed")
        }
    }

    @Test("scripts import only files that are there, and nothing from elsewhere")
    func imports() {
        for (name, text) in EmbeddedAssets.files where name.hasSuffix(".js") {
            for line in text.split(separator: "\n") where line.hasPrefix("import ") {
                let parts = line.split(separator: "\"")
                #expect(parts.count > 1 && parts[1].hasPrefix("./"))
                #expect(EmbeddedAssets.files[String(parts[1].dropFirst(2))] != nil, "\(name): \(line)")
            }
        }
    }

    @Test("a file is kept for ever under its digest, and is not found under another")
    func serving() async {
        let site = Site(surface: FakeSurface(.rich())) { World.noon }
        let found = await site.respond(
            to: PageRequest(method: "GET", path: Assets.link("halcyon.css").text, principal: nil, dev: false))
        #expect(found.status == 200)
        #expect(found.header("Content-Type") == "text/css; charset=utf-8")
        #expect(found.header("Cache-Control") == "public, max-age=31536000, immutable")
        #expect(found.header("ETag") != nil)
        let missing = await site.respond(
            to: PageRequest(method: "GET", path: "/assets/000000000000/halcyon.css", principal: nil, dev: false))
        #expect(missing.status == 404)
    }
}

extension PageResponse {
    func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }
    var text: String { String(decoding: body, as: UTF8.self) }
}
