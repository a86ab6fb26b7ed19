import Documents
import FlagSpecs
import Ports
import Values
import Wire

/// The collections of the flags in the store. Renaming one is a migration.
enum FlagCollection {
    static let environments = "flag-environments"
    static let proposals = "flag-proposals"
    static let usage = "flag-usage"
    /// The newest event of each environment that was deleted: one that is made anew goes on from there.
    static let retired = "flag-retired"
    static func flags(_ environment: String) -> String { "flags/\(environment)" }
    static func segments(_ environment: String) -> String { "flag-segments/\(environment)" }
    static func holdouts(_ environment: String) -> String { "flag-holdouts/\(environment)" }
    static func events(_ environment: String) -> String { "flag-events/\(environment)" }
    /// The sequence numbers of each key's events.
    static func traces(_ environment: String) -> String { "flag-traces/\(environment)" }
}

/// A flag, segment or holdout as it is stored. Its text is JSON, so that members keep their order and `1.0` stays `1.0`.
struct ItemRecord: Codable, Hashable, Sendable {
    var document: String
    /// The sequence number of the event that made it so.
    var revision: Int64
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var updatedBy: String
    /// The watched file that brought it.
    var file: String?
}

struct EnvironmentRecord: Codable, Hashable, Sendable {
    /// An `EnvironmentSpec` as JSON.
    var document: String
    /// The members of the set's metadata as JSON.
    var metadata: String?
    /// The file that brought the metadata.
    var metadataFile: String?
    /// Of the newest event.
    var sequence: Int64
    var updatedAt: Timestamp
    var updatedBy: String
}

/// What an environment consists of.
enum ItemKind: String, Codable, Sendable {
    case flag
    case segment
    case holdout
    case environment
    /// The members of the set's own metadata.
    case metadata

    func collection(_ environment: String) -> String {
        switch self {
        case .flag: return FlagCollection.flags(environment)
        case .segment: return FlagCollection.segments(environment)
        case .holdout: return FlagCollection.holdouts(environment)
        case .environment, .metadata: return FlagCollection.environments
        }
    }
}

/// An environment that was deleted, whose history stays.
struct RetiredRecord: Codable, Hashable, Sendable {
    /// Of its newest event.
    var sequence: Int64
}

/// One change, for ever.
struct EventRecord: Codable, Hashable, Sendable {
    var sequence: Int64
    var kind: ItemKind
    var key: String
    var at: Timestamp
    var by: String
    var approvedBy: String?
    var action: String
    var reason: String
    var diff: [String]
    /// After the change; `nil` when it was deleted.
    var document: String?

    func view(_ environment: String) -> FlagEventView {
        FlagEventView(
            sequence: sequence, environment: environment, kind: kind.rawValue, key: key, revision: sequence, at: at,
            by: by, approvedBy: approvedBy, action: action, reason: reason, diff: diff, document: document)
    }
}

/// A change that waits for another person.
struct ProposalRecord: Codable, Hashable, Sendable {
    var view: ProposalView
    var kind: ItemKind
    /// What it would replace, of an environment and of metadata, which have no revision of their own.
    var replaces: String?
}

/// What was counted so far, of all flags of an environment.
struct UsageRecord: Codable, Hashable, Sendable {
    struct Variant: Codable, Hashable, Sendable {
        var count: Int64
        var lastAt: Timestamp
    }

    var since: Timestamp
    /// By flag and variant; answers without a variant under the empty name.
    var flags: [String: [String: Variant]]
    /// When somebody last took the whole set, who does not say which flags they use.
    var takenWholeAt: Timestamp?
}

extension DocumentKey {
    static func flagEvent(_ environment: String, _ sequence: Int64) -> DocumentKey {
        DocumentKey(FlagCollection.events(environment), sortable(sequence, width: 12))
    }
}

extension DocumentKey {
    static func flagTrace(_ environment: String, _ key: String, _ sequence: Int64) -> DocumentKey {
        DocumentKey(FlagCollection.traces(environment), tracePrefix(key) + sortable(sequence, width: 12))
    }

    /// No key's prefix begins another's: a slash within a key is written otherwise.
    static func tracePrefix(_ key: String) -> String {
        key.replacing("%", with: "%25").replacing("/", with: "%2F") + "/"
    }
}

extension Node {
    /// A stored text as a document.
    init(stored text: String, _ what: String) throws(Problem) {
        let (node, issues) = JSONParser.parse(Array(text.utf8), file: what)
        guard let node else {
            throw Problem(
                .internal, "the stored \(what) cannot be read: \(issues.first?.message ?? "it is empty")",
                hint: "restore the store from a backup, or report this with the document")
        }
        self = node
    }

    /// One line of JSON, to be stored.
    var compactJSON: String { String(decoding: JSONWriter.write(self), as: UTF8.self) }
    var prettyJSON: String { String(decoding: JSONWriter.write(self, style: .pretty), as: UTF8.self) }
}
