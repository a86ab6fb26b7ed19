import Flags
import NIOCore

/// One or several published changes, as one. Its messages are encoded once, when a stream first needs them, and all streams of the event
/// loop share the buffers.
final class ChangeNews {
    let snapshot: FlagSnapshot
    let changes: [String: FlagChangeKind]
    private let source: String

    init(_ snapshot: FlagSnapshot, _ changes: [String: FlagChangeKind], source: String) {
        self.snapshot = snapshot
        self.changes = changes
        self.source = source
    }

    private(set) lazy var eventProto = EventMessage.changeProto(changes, source: source)
    private(set) lazy var eventJSON = EventMessage.changeJSON(changes, source: source)
    private(set) lazy var flagsProto = Envelope.wrap(FlagSetMessage(snapshot).proto)
    private(set) lazy var flagsLegacy = Envelope.wrap(FlagSetMessage(snapshot).legacyProto)
    private(set) lazy var flagsJSON = Envelope.wrap(FlagSetMessage(snapshot).json)

    /// This news followed by newer news.
    func merged(with newer: ChangeNews) -> ChangeNews {
        ChangeNews(
            newer.snapshot, changes.merging(newer.changes, uniquingKeysWith: ChangeNews.both), source: source)
    }

    /// What two changes of a flag are together, for somebody who heard of neither.
    static func both(_ first: FlagChangeKind, _ second: FlagChangeKind) -> FlagChangeKind {
        switch (first, second) {
        case (.write, .update): .write
        case (.delete, .write): .update
        default: second
        }
    }
}
