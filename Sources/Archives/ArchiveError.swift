/// Why an artefact was not unpacked. Nothing of it is left on the disk.
public struct ArchiveError: Error, Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// The artefact's file cannot be read.
        case unreadable
        /// It is nothing that can be unpacked: the content is not a tar archive or an executable.
        case unknownFormat
        /// Its bytes contradict themselves: a checksum or a length is wrong.
        case damaged
        /// It ends too early; fetching it again may help.
        case truncated
        /// An entry would leave the folder, or is a device.
        case unsafe
        /// A form of archive that is refused, for example sparse files.
        case unsupported
        /// Two entries have one path.
        case duplicate
        /// It unpacks to more than the limits allow.
        case tooLarge
        /// The folder cannot be written, for example because the disk is full; the artefact itself may be fine.
        case unwritable
    }

    public var kind: Kind
    /// The path of the entry that is wrong, as the archive spells it; `nil` when it is the archive as a whole.
    public var entry: String?
    /// What was wrong, without the entry's name.
    public var reason: String

    public init(_ kind: Kind, entry: String? = nil, _ reason: String) {
        self.kind = kind
        self.entry = entry
        self.reason = reason
    }
}

extension ArchiveError: CustomStringConvertible {
    /// One line for a person; control characters of a hostile name are shown escaped.
    public var description: String {
        guard let entry else { return reason }
        var shown = ""
        for scalar in entry.unicodeScalars.prefix(200) {
            shown += scalar.value < 0x20 || scalar.value == 0x7F ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "entry '\(shown)\(entry.unicodeScalars.count > 200 ? "…" : "")': \(reason)"
    }
}
