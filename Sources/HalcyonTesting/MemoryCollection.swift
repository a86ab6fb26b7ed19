import Ports

/// The documents of one collection, with their names in the order of their bytes.
struct MemoryCollection {
    private var names: [[UInt8]] = []
    private var documents: [[UInt8]: StoredDocument] = [:]

    subscript(name: [UInt8]) -> StoredDocument? { documents[name] }

    mutating func put(_ document: StoredDocument) {
        let name = Array(document.key.name.utf8)
        if documents.updateValue(document, forKey: name) == nil {
            names.insert(name, at: position(of: name))
        }
    }

    /// Returns whether there was such a document.
    mutating func remove(_ name: [UInt8]) -> Bool {
        guard documents.removeValue(forKey: name) != nil else { return false }
        names.remove(at: position(of: name))
        return true
    }

    func list(prefix: String, after: String?, limit: Int) -> [StoredDocument] {
        let prefix = Array(prefix.utf8)
        var start = position(of: prefix)
        if let after = after.map({ Array($0.utf8) }) {
            let place = position(of: after)
            start = max(start, place < names.count && names[place] == after ? place + 1 : place)
        }
        return names[start...].prefix { $0.starts(with: prefix) }.prefix(max(limit, 0)).compactMap { documents[$0] }
    }

    func listBackwards(prefix: String, before: String?, limit: Int) -> [StoredDocument] {
        let prefix = Array(prefix.utf8)
        let start = position(of: prefix)
        let end = before.map { position(of: Array($0.utf8)) } ?? names.count
        guard start < end else { return [] }
        return names[start..<end].prefix { $0.starts(with: prefix) }.reversed().prefix(max(limit, 0))
            .compactMap { documents[$0] }
    }

    /// Where the name is, or would be.
    private func position(of name: [UInt8]) -> Int {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle].lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
