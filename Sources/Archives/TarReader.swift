/// What one entry of a tar archive asks for.
struct TarEntry: Hashable {
    enum Kind: Hashable {
        case file(executable: Bool)
        case directory
        case symbolicLink(target: String)
        case hardLink(target: String)
    }

    /// As spelled in the archive; checked only to be UTF-8.
    var path: String
    var kind: Kind
    /// The bytes that follow; 0 but for files.
    var size: Int64
}

/// Reads a tar archive (ustar, POSIX extended headers, GNU long names and large sizes) from chunks of any length.
///
/// A value without I/O: chunks go in, events come out, and what it holds does not grow with the archive.
struct TarReader {
    enum Event: Equatable {
        case entry(TarEntry)
        /// The next bytes of the file that `entry` announced.
        case data(ArraySlice<UInt8>)
    }

    private enum State {
        case header
        /// The body of a header that describes the next entry, of this type.
        case description(type: UInt8)
        case body
        case end
    }

    /// Longer descriptions (of names, that is) are refused: honest ones have a few hundred bytes.
    private static let longestDescription: Int64 = 1 << 20

    private var state = State.header
    /// Bytes of the current block or description so far.
    private var gathered: [UInt8] = []
    private var remaining: Int64 = 0
    private var padding = 0
    private var global = PaxRecords()
    private var local: PaxRecords?
    private var longName: [UInt8]?
    private var longLink: [UInt8]?
    private var lastPath: String?

    /// The next event, taking what it used off `input`; `nil` when more input is needed.
    mutating func next(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) -> Event? {
        while true {
            if case .end = state {
                try skipZeros(&input)
                return nil
            }
            if padding > 0, case .header = state {
                let skipped = min(padding, input.count)
                input.removeFirst(skipped)
                padding -= skipped
            }
            guard !input.isEmpty else { return nil }
            switch state {
            case .body: return takeBody(&input)
            case .description(let type):
                guard gather(&input, upTo: Int(remaining)) else { return nil }
                try describe(type)
            case .header:
                guard gather(&input, upTo: TarHeader.blockSize) else { return nil }
                if let entry = try takeHeader() { return .entry(entry) }
            case .end: return nil
            }
        }
    }

    /// Says that there is no more input.
    /// - Throws: `truncated` when the archive's end was not reached.
    func finish() throws(ArchiveError) {
        if case .end = state { return }
        if case .body = state {
            throw ArchiveError(.truncated, entry: lastPath, "the archive ends in the middle of it")
        }
        let place = lastPath.map { "after the entry '\($0)'" } ?? "before its first entry"
        throw ArchiveError(.truncated, "the archive ends \(place), without an end mark: it was cut off")
    }

    private mutating func takeBody(_ input: inout ArraySlice<UInt8>) -> Event {
        let taken = input.prefix(Int(min(remaining, Int64(input.count))))
        input = input[taken.endIndex...]
        remaining -= Int64(taken.count)
        if remaining == 0 { state = .header }
        return .data(taken)
    }

    /// Whether `count` bytes are together.
    private mutating func gather(_ input: inout ArraySlice<UInt8>, upTo count: Int) -> Bool {
        let taken = input.prefix(count - gathered.count)
        gathered += taken
        input = input[taken.endIndex...]
        return gathered.count == count
    }

    private mutating func skipZeros(_ input: inout ArraySlice<UInt8>) throws(ArchiveError) {
        guard input.allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.damaged, "there is something after the archive's end mark")
        }
        input = input[input.endIndex...]
    }

    private mutating func takeHeader() throws(ArchiveError) -> TarEntry? {
        defer { gathered.removeAll(keepingCapacity: true) }
        if gathered.allSatisfy({ $0 == 0 }) {
            guard local == nil, longName == nil, longLink == nil else {
                throw ArchiveError(.truncated, "the archive ends between the name of an entry and the entry")
            }
            state = .end
            return nil
        }
        let header = try TarHeader(block: gathered)
        if isDescription(header.type) {
            guard header.size <= TarReader.longestDescription else {
                throw ArchiveError(.tooLarge, "a name or an extended header has \(header.size) bytes")
            }
            setBody(size: header.size, then: .description(type: header.type))
            if header.size == 0 { try describe(header.type) }
            return nil
        }
        return try takeEntry(header)
    }

    private func isDescription(_ type: UInt8) -> Bool {
        "xgXLK".utf8.contains(type)
    }

    private mutating func setBody(size: Int64, then next: State) {
        remaining = size
        padding = Int((Int64(TarHeader.blockSize) - size % Int64(TarHeader.blockSize)) % Int64(TarHeader.blockSize))
        state = next
    }

    private mutating func describe(_ type: UInt8) throws(ArchiveError) {
        defer {
            gathered.removeAll(keepingCapacity: true)
            state = .header
        }
        let body = remaining == 0 ? [] : gathered
        switch type {
        case UInt8(ascii: "L"): longName = Array(body.prefix { $0 != 0 })
        case UInt8(ascii: "K"): longLink = Array(body.prefix { $0 != 0 })
        case UInt8(ascii: "g"): try global.merge(body)
        default:
            var records = local ?? PaxRecords()
            try records.merge(body)
            local = records
        }
    }

    private mutating func takeEntry(_ header: TarHeader) throws(ArchiveError) -> TarEntry {
        let name = local?.path ?? global.path ?? longName ?? header.name
        let link = local?.linkPath ?? global.linkPath ?? longLink ?? header.linkName
        let size = local?.size ?? global.size ?? header.size
        (local, longName, longLink) = (nil, nil, nil)

        let path = try TarReader.text(name, of: name)
        lastPath = path
        let kind = try kind(of: header, path: path, link: try TarReader.text(link, of: name))
        guard case .file = kind else {
            // A folder's or a link's size says something about the original; no bytes follow.
            return TarEntry(path: path, kind: kind, size: 0)
        }
        setBody(size: size, then: size == 0 ? .header : .body)
        return TarEntry(path: path, kind: kind, size: size)
    }

    private func kind(of header: TarHeader, path: String, link: String) throws(ArchiveError) -> TarEntry.Kind {
        switch header.type {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"):
            // Before ustar, a folder was a file whose name ends in a slash.
            return path.utf8.last == UInt8(ascii: "/") ? .directory : .file(executable: header.mode & 0o111 != 0)
        case UInt8(ascii: "1"): return .hardLink(target: link)
        case UInt8(ascii: "2"): return .symbolicLink(target: link)
        case UInt8(ascii: "5"): return .directory
        case UInt8(ascii: "3"), UInt8(ascii: "4"):
            throw ArchiveError(.unsafe, entry: path, "it is a device; an artefact holds only files, folders and links")
        case UInt8(ascii: "6"):
            throw ArchiveError(.unsafe, entry: path, "it is a pipe; an artefact holds only files, folders and links")
        case UInt8(ascii: "S"): throw ArchiveError(.unsupported, entry: path, sparseRefusal)
        default:
            let type = String(UnicodeScalar(header.type))
            throw ArchiveError(.unsupported, entry: path, "it is of type '\(type)', which is not supported")
        }
    }

    private static func text(_ bytes: [UInt8], of name: [UInt8]) throws(ArchiveError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            let shown = String(decoding: name, as: UTF8.self)
            throw ArchiveError(.unsafe, entry: shown, "its name or its link is not valid UTF-8 text")
        }
        return text
    }
}
