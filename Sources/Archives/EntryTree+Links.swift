extension EntryTree {
    /// The symbolic links with their targets, in order of path, once each is known to stay inside the folder.
    ///
    /// Links are followed as the kernel would, through other links too: `..` after a link goes to the parent of what
    /// the link means, so that looking at the text of a target alone would not do.
    func checkedLinks() throws(ArchiveError) -> [(path: String, target: String)] {
        var links: [(path: String, target: String)] = []
        for (path, node) in nodes {
            guard case .symbolicLink(let target) = node else { continue }
            links.append((path, target))
        }
        links.sort { $0.path < $1.path }
        for link in links { try follow(link.path, target: link.target) }
        return links
    }

    /// What is at a path once every link on the way was followed; `nil` when nothing is there.
    func node(at path: [Substring]) -> Node? {
        let target = path.joined(separator: "/")
        guard let place = try? follow(target, from: [], target: target) else { return nil }
        return place.isEmpty ? .directory(announced: false) : nodes[place.joined(separator: "/")]
    }

    private func follow(_ link: String, target: String) throws(ArchiveError) {
        _ = try follow(link, from: link.split(separator: "/").dropLast().map(String.init), target: target)
    }

    /// Where `target` leads from a folder.
    private func follow(
        _ link: String, from folder: [String], target: String
    ) throws(ArchiveError) -> [String] {
        let refusal = "it is a symbolic link to '\(target)'"
        var place = folder
        var rest = try pieces(of: target, link: link, refusal)
        var hops = 0
        while let piece = rest.popLast() {
            if piece == ".." {
                guard place.popLast() != nil else {
                    throw ArchiveError(.unsafe, entry: link, "\(refusal), which leaves the artefact's folder")
                }
                continue
            }
            place.append(piece)
            guard case .symbolicLink(let further)? = nodes[place.joined(separator: "/")] else { continue }
            hops += 1
            guard hops <= 40 else {
                throw ArchiveError(.unsafe, entry: link, "\(refusal), which leads round in a circle")
            }
            place.removeLast()
            rest += try pieces(of: further, link: link, refusal)
        }
        return place
    }

    /// The components of a target, last first.
    private func pieces(of target: String, link: String, _ refusal: String) throws(ArchiveError) -> [String] {
        guard !target.isEmpty, target.utf8.first != UInt8(ascii: "/"), target.utf8.count < 4096 else {
            let why = target.isEmpty ? "names nothing" : "is not a path inside the artefact"
            throw ArchiveError(.unsafe, entry: link, "\(refusal), which \(why)")
        }
        return target.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
    }
}
