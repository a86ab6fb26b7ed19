import Rollouts
import Values

/// What is in memory of every rollout that there ever was: a few dozen bytes each. The rest of an ended one is read
/// from the store when somebody asks for it.
struct RolloutIndex: Sendable {
    struct Entry: Sendable, Hashable {
        /// The service's rollouts are counted from 1; the count is the end of the identifier.
        var number: Int32
        var phase: Phase
        var createdAt: Timestamp
        var endedAt: Timestamp?
    }

    /// Each service's rollouts, by rising number.
    private var services: [String: [Entry]] = [:]

    var count: Int { services.values.reduce(0) { $0 + $1.count } }

    /// For suggestions, in no particular order.
    var identifiers: [String] {
        services.flatMap { service, entries in entries.map { RolloutIndex.identifier(service, $0.number) } }
    }

    subscript(id: String) -> Entry? {
        guard let (service, number) = RolloutIndex.parts(of: id), let entries = services[service] else { return nil }
        let place = RolloutIndex.place(of: number, in: entries)
        return place < entries.count && entries[place].number == number ? entries[place] : nil
    }

    /// Takes in what is now known of a rollout, and says whether it is anything new.
    mutating func note(_ entry: Entry, service: String) -> Bool {
        let entries = services[service] ?? []
        let place = RolloutIndex.place(of: entry.number, in: entries)
        guard place < entries.count, entries[place].number == entry.number else {
            services[service, default: []].insert(entry, at: place)
            return true
        }
        guard entries[place] != entry else { return false }
        services[service]?[place] = entry
        return true
    }

    func newest(of service: String) -> String? {
        services[service]?.last.map { RolloutIndex.identifier(service, $0.number) }
    }

    func nextNumber(of service: String) -> Int { Int(services[service]?.last?.number ?? 0) + 1 }

    /// Identifiers, newest first; `active` keeps those that have not ended, or those that have.
    func newest(service: String?, active: Bool?, limit: Int) -> [String] {
        typealias Found = (service: String, entry: Entry)
        var found: [Found] = []
        for (name, entries) in services where service == nil || service == name {
            let fitting = entries.reversed().lazy.filter { active == nil || $0.phase.isFinal != active }
            found += fitting.prefix(max(0, limit)).map { (name, $0) }
        }
        found.sort { left, right in
            let (mine, theirs) = (left.entry, right.entry)
            return (mine.createdAt, mine.number, left.service) > (theirs.createdAt, theirs.number, right.service)
        }
        return found.prefix(max(0, limit)).map { RolloutIndex.identifier($0.service, $0.entry.number) }
    }

    static func identifier(_ service: String, _ number: Int32) -> String { "\(service)-\(number)" }

    /// The service and the number of an identifier; `nil` when it is none.
    static func parts(of id: String) -> (service: String, number: Int32)? {
        guard let dash = id.lastIndex(of: "-"), let number = Int32(id[id.index(after: dash)...]), number > 0,
            id == identifier(String(id[..<dash]), number)
        else { return nil }
        return (String(id[..<dash]), number)
    }

    /// Where the number is, or would be.
    private static func place(of number: Int32, in entries: [Entry]) -> Int {
        // Nearly always it is the newest, or the one after it.
        guard let last = entries.last, number <= last.number else { return entries.count }
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A rollout's entry in the index, as it is stored: small, so that a start reads thousands of them at once.
struct IndexRecord: Codable, Hashable, Sendable {
    var phase: Phase
    var createdAt: Timestamp
    var endedAt: Timestamp?

    init(_ record: RolloutRecord) {
        phase = record.state.phase
        createdAt = record.createdAt
        endedAt = record.state.endedAt
    }

    func entry(number: Int32) -> RolloutIndex.Entry {
        RolloutIndex.Entry(number: number, phase: phase, createdAt: createdAt, endedAt: endedAt)
    }
}
