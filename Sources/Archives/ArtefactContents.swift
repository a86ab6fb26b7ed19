import Values

/// What an inspected artefact holds.
public struct ArtefactContents: Sendable {
    public let format: ArtefactFormat
    let tree: EntryTree

    /// Why a service's program cannot be started from this artefact, and what to do; `nil` when it can, or when only a host
    /// can tell: a program outside of the artefact, or a path with a placeholder.
    ///
    /// - Parameter program: the first item of the service's command.
    public func obstacle(to program: String) -> (reason: String, advice: String)? {
        if program.hasPrefix("/") || program.contains("${") { return nil }
        guard format != .executable else { return obstacleToSingle(program) }
        guard let path = try? EntryTree.components(of: program, in: program) else {
            return ("'\(program)' leaves the artefact", "write the path from the artefact's own folder, like ./server")
        }
        switch tree.node(at: path) {
        case .file(executable: true)?: return nil
        case .file(executable: false)?:
            return (
                "'\(program)' is not executable in the artefact",
                "set its executable bit before it is packed: chmod +x \(path.joined(separator: "/"))"
            )
        case .directory?: return ("'\(program)' is a folder in the artefact", "name the program in it")
        case .symbolicLink?, nil:
            // A bare name may be a program of the host's own.
            return program.contains("/") ? ("'\(program)' is not in the artefact", instead(of: path)) : nil
        }
    }

    /// A program that comes without an archive is laid into the folder under the last part of its own name.
    private func obstacleToSingle(_ program: String) -> (reason: String, advice: String)? {
        let parts = program.split(separator: "/").filter { $0 != "." }
        guard parts.count != 1, let name = parts.last else { return nil }
        return (
            "'\(program)' is not in the artefact, which is a single executable",
            "write ./\(name), or pack the folder that it is in"
        )
    }

    private func instead(of path: [Substring]) -> String {
        let files = tree.nodes.keys.filter { tree.nodes[$0] == .file(executable: true) && $0.utf8.count < 200 }
            .sorted().prefix(1000)
        guard !files.isEmpty else { return "it holds no executable file: set the bit before it is packed" }
        let wanted = path.joined(separator: "/")
        let ending = path.last.flatMap { last in files.first { $0.split(separator: "/").last == last } }
        if let near = ending ?? nearest(to: wanted, among: files) { return "did you mean ./\(near)?" }
        let shown = files.prefix(5).map { "./\($0)" }.joined(separator: ", ")
        return "its executable files are \(shown)\(files.count > 5 ? ", …" : "")"
    }
}
