import Series

/// The lines of an exposition that are no samples: what they say of its metrics.
struct ExpositionTypes {
    static let created = "_created"

    /// The lines themselves, but for the end.
    private(set) var lines: [UInt8] = []
    /// Whether `# EOF` was there.
    private(set) var isComplete = false
    private var types: [ArraySlice<UInt8>: ArraySlice<UInt8>] = [:]

    init(_ text: [UInt8]) {
        let word = Array("# TYPE ".utf8)
        for line in text.split(separator: UInt8(ascii: "\n")) where line.first == UInt8(ascii: "#") {
            if line.elementsEqual("# EOF".utf8) {
                isComplete = true
                continue
            }
            lines += line
            lines.append(UInt8(ascii: "\n"))
            guard line.starts(with: word) else { continue }
            let parts = line.dropFirst(word.count).split(separator: UInt8(ascii: " "))
            if parts.count == 2 { types[parts[0]] = parts[1] }
        }
    }

    /// When a series tells the start of another (`x_created` of a counter or a histogram `x`): the ending of that one's name.
    func createdSuffix(_ text: [UInt8], _ series: Range<Int>) -> String? {
        let name = text[series].prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: " ") }
        guard name.count > ExpositionTypes.created.utf8.count,
            name.suffix(ExpositionTypes.created.utf8.count).elementsEqual(ExpositionTypes.created.utf8),
            let type = types[name.dropLast(ExpositionTypes.created.utf8.count)]
        else { return nil }
        switch String(decoding: type, as: UTF8.self) {
        case "counter": return "_total"
        case "histogram", "summary", "gaugehistogram": return "_count"
        default: return nil
        }
    }
}
