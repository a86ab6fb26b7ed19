import Foundation
import Testing

@Suite struct LinkTests {
    @Test("every link to a file of this repository leads there, and to a heading that exists", arguments: Page.all)
    func links(page: Page) {
        let folder = Page.root.appending(path: page.path).deletingLastPathComponent()
        for match in page.prose.joined(separator: "\n").matches(of: /\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/) {
            let link = String(match.1 ?? match.2 ?? "")
            if link.contains("://") || link.hasPrefix("mailto:") { continue }
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let file = parts[0].isEmpty ? Page.root.appending(path: page.path) : folder.appending(path: parts[0])
            #expect(FileManager.default.fileExists(atPath: file.path), "\(page) links to \(link)")
            guard parts.count == 2, file.pathExtension == "md" else { continue }
            let target = Page(path: String(file.standardized.path.dropFirst(Page.root.standardized.path.count + 1)))
            #expect(target.anchors.contains(parts[1]), "\(page) links to \(link): there is no such heading")
        }
    }

    @Test("every page of docs can be reached from its index")
    func reachable() {
        var seen: Set = ["docs/README.md"]
        var open = ["docs/README.md"]
        while let path = open.popLast() {
            let folder = Page.root.appending(path: path).deletingLastPathComponent()
            for match in Page(path: path).text.matches(of: /\]\(([^)#\s]+\.md)/) where !match.1.contains("://") {
                let file = folder.appending(path: String(match.1)).standardized.path
                let next = String(file.dropFirst(Page.root.standardized.path.count + 1))
                if seen.insert(next).inserted { open.append(next) }
            }
        }
        for page in Page.all where page.path.hasPrefix("docs/") {
            #expect(seen.contains(page.path), "nothing leads to \(page)")
        }
    }
}
