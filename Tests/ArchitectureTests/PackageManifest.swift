import Foundation

/// What `Package.swift` says, read as text.
struct PackageManifest {
    /// Every target, with the targets of this package that it may import.
    var targets: [String: Set<String>] = [:]
    /// The targets of the list `pureRooms`, in its order.
    var pureRooms: [String] = []

    init() throws {
        let text = try String(contentsOf: SourceTree.root.appending(path: "Package.swift"), encoding: .utf8)
        for match in text.matches(of: /[tT]arget\(\s*name: "([\w-]+)"(?:,\s*dependencies: \[([^\]]*)\])?/) {
            let names = (match.2 ?? "").matches(of: /"([\w-]+)"/).map { String($0.1) }
            targets[String(match.1)] = Set(names)
        }
        for match in text.matches(of: /systemLibrary\(\s*name: "(\w+)"/) { targets[String(match.1)] = [] }
        guard let begin = text.firstRange(of: "let pureRooms"),
            let end = text[begin.upperBound...].firstRange(of: "\n]")
        else { return }
        pureRooms = text[begin.upperBound..<end.lowerBound].matches(of: /name: "(\w+)"/).map { String($0.1) }
    }
}
