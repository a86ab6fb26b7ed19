import Foundation
import Glibc

/// The repository's own sources, as text.
struct SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File: CustomStringConvertible {
        /// For example `Sources/Rollouts/Turn.swift`.
        var path: String
        var text: String
        var lines: [String]
        var description: String { path }

        /// The folder below `Sources` or `Examples`.
        var room: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        /// A file that a script writes is nobody's to keep short.
        var isGenerated: Bool { lines.first == "// swift-format-ignore-file" }

        /// The names of imported modules, with their lines' numbers.
        var imports: [(module: String, line: Int)] {
            guard !isGenerated else { return [] }
            return lines.enumerated().compactMap { index, line in
                guard
                    line.hasPrefix("import ") || line.hasPrefix("@") || line.utf8.starts(with: "p".utf8)
                        || line.hasPrefix("internal ")
                else { return nil }
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place < 3, let last = words.last else { return nil }
                return (last.split(separator: ".").first.map(String.init) ?? "", index + 1)
            }
        }

        /// The lines whose code, comments left out, holds one of these texts; the search is C's, because there is much to read.
        func code(holding texts: [String]) -> [(text: Substring, line: Int)] {
            guard !isGenerated, texts.contains(where: { strstr(text, $0) != nil }) else { return [] }
            return lines.enumerated().compactMap { index, line in
                guard texts.contains(where: { strstr(line, $0) != nil }) else { return nil }
                let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line[...]
                return texts.contains { code.contains($0) } ? (code, index + 1) : nil
            }
        }
    }

    static let sources = files(below: "Sources")
    static let examples = files(below: "Examples")
    static let tests = files(below: "Tests")

    static func folders(below folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            let path = root.appending(path: "\(folder)/\(name)").path
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
        }.sorted()
    }

    static func files(below folder: String) -> [File] {
        let paths = FileManager.default.subpaths(atPath: root.appending(path: folder).path) ?? []
        return paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = (try? String(contentsOf: root.appending(path: "\(folder)/\(path)"), encoding: .utf8)) ?? ""
            return File(path: "\(folder)/\(path)", text: text, lines: text.components(separatedBy: "\n"))
        }
    }
}
