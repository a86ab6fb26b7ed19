import Foundation

/// The pages that people read: `docs` and the files at the top.
struct Page: CustomStringConvertible, Sendable {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let all: [Page] = {
        let below = FileManager.default.subpaths(atPath: root.appending(path: "docs").path) ?? []
        let top = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let paths = below.map { "docs/\($0)" } + top
        return paths.filter { $0.hasSuffix(".md") }.sorted().map(Page.init)
    }()

    /// For example `docs/reference/service.md`.
    let path: String
    let text: String

    var description: String { path }

    init(path: String) {
        self.path = path
        text = (try? String(contentsOf: Page.root.appending(path: path), encoding: .utf8)) ?? ""
    }

    /// A fenced block.
    struct Block: CustomStringConvertible, Sendable {
        var page: String
        var line: Int
        /// What stands behind the fence: `yaml` and `json` are Halcyon's documents, `sh` is for a shell, anything else is not tried.
        var language: String
        var lines: [String] = []

        var text: String { lines.map { $0 + "\n" }.joined() }
        var description: String { "\(page):\(line)" }
    }

    var blocks: [Block] {
        var blocks: [Block] = []
        var open: Block?
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if let block = open {
                if line.hasPrefix("```") {
                    blocks.append(block)
                    open = nil
                } else {
                    open?.lines.append(line)
                }
            } else if line.hasPrefix("```") {
                open = Block(page: path, line: index + 2, language: String(line.dropFirst(3)))
            }
        }
        return blocks
    }

    /// The page without its fenced blocks, where links and headings are.
    var prose: [String] {
        var isFenced = false
        return text.components(separatedBy: "\n").filter { line in
            if line.hasPrefix("```") { isFenced.toggle() }
            return !isFenced && !line.hasPrefix("```")
        }
    }

    /// The names by which headings are linked to.
    var anchors: Set<String> {
        Set(
            prose.compactMap { line in
                guard let match = line.wholeMatch(of: /#+ (.+)/) else { return nil }
                let kept = match.1.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
                return kept.replacingOccurrences(of: " ", with: "-")
            })
    }
}
