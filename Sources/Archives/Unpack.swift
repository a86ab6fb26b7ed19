import FoundationEssentials
import Glibc

/// The beginning of the names of folders that `unpack` works in, beside the target.
private let unfinishedPrefix = ".unpacking-"

/// Unpacks an artefact into a folder: a tar archive (plain, gzip or Zstandard) or one executable file, told apart by content.
///
/// All or nothing: it works in a folder beside `directory` and renames it once everything is on the disk. Only files,
/// folders and links that stay inside are made; executable bits are kept, every other bit and the owners are not.
/// It blocks; call it where that is allowed.
/// - Parameters:
///   - directory: must not exist yet, or be empty. The folder that it is in is made if need be.
///   - name: what a single executable is called in the folder; the file's own name if `nil`.
public func unpack(
    _ file: String, into directory: String, limits: UnpackLimits = UnpackLimits(), executableName name: String? = nil
) throws(ArchiveError) -> UnpackedArtefact {
    let source = try FileSource(file)
    let format = try ArtefactFormat.recognise(try source.peek())
    let staging = try makeStaging(beside: directory)
    var extractor = Extractor(root: staging, limits: limits)
    do throws(ArchiveError) {
        if format == .executable {
            try copyExecutable(from: source, named: name ?? lastComponent(of: file), limits: limits, to: &extractor)
        } else {
            try extract(from: source, format: format, limits: limits, to: &extractor)
        }
        try extractor.sync()
        try publish(staging, as: directory)
    } catch {
        try? FileManager.default.removeItem(atPath: staging)
        throw error
    }
    return UnpackedArtefact(
        directory: directory, format: format, entries: extractor.entries, bytes: extractor.bytes)
}

/// Removes what a process that was killed while unpacking into a folder of `parent` has left there.
///
/// Not while another one unpacks.
public func removeUnfinished(in parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    where name.hasPrefix(unfinishedPrefix) {
        try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
    }
}

private func extract(
    from file: FileSource, format: ArtefactFormat, limits: UnpackLimits, to extractor: inout Extractor
) throws(ArchiveError) {
    var entries = try EntryStream(format, limits: limits)
    while case let chunk = try file.next(), !chunk.isEmpty {
        try entries.feed(chunk) { (event) throws(ArchiveError) in
            switch event {
            case .entry(let entry): try extractor.begin(entry)
            case .data(let data): try extractor.append(data)
            }
        }
    }
    try entries.finish()
    try extractor.finish()
}

private func copyExecutable(
    from source: FileSource, named name: String, limits: UnpackLimits, to extractor: inout Extractor
) throws(ArchiveError) {
    guard !name.contains("/") else {
        throw ArchiveError(.unwritable, "'\(name)' is no name for an executable: it holds a slash")
    }
    var first = true
    var size: Int64 = 0
    while true {
        let chunk = try source.next()
        if chunk.isEmpty { return }
        size += Int64(chunk.count)
        try limits.check(unpacked: size, packed: size)
        if first { try extractor.begin(TarEntry(path: name, kind: .file(executable: true), size: .max)) }
        first = false
        try extractor.append(chunk[...])
    }
}

private func makeStaging(beside directory: String) throws(ArchiveError) -> String {
    let parent = lastSlash(of: directory).map { String(directory[..<$0]) } ?? "."
    var folder = ""
    for component in parent.split(separator: "/", omittingEmptySubsequences: false) {
        folder += "\(component)/"
        if !component.isEmpty, mkdir(folder, 0o755) != 0, errno != EEXIST {
            throw .system(.unwritable, "make the folder '\(folder)'")
        }
    }
    var template = Array("\(folder)\(unfinishedPrefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .system(.unwritable, "make a folder in '\(folder)'") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Gives what was brought to the disk its final name.
private func publish(_ staging: String, as directory: String) throws(ArchiveError) {
    chmod(staging, 0o755)
    guard rename(staging, directory) == 0 else {
        if errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR {
            throw ArchiveError(.unwritable, "'\(directory)' exists already; remove it first")
        }
        throw .system(.unwritable, "rename the unpacked folder to '\(directory)'")
    }
    let parent = lastSlash(of: directory).map { String(directory[...$0]) } ?? "."
    if let above = Descriptor(parent, O_RDONLY | O_DIRECTORY) { fsync(above.raw) }
}

private func lastSlash(of path: String) -> String.Index? {
    path.lastIndex(of: "/")
}

private func lastComponent(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
}
