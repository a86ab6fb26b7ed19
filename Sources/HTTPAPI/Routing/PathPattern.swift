/// A route's path, for example `/v1/rollouts/{id}/history`. A name in braces stands for one non-empty segment.
struct PathPattern: Hashable, Sendable {
    let text: String
    private let segments: [Segment]

    private enum Segment: Hashable {
        case literal(String)
        case name(String)
    }

    init(_ text: String) {
        self.text = text
        segments = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { segment in
            segment.first == "{" ? .name(String(segment.dropFirst().dropLast())) : .literal(String(segment))
        }
    }

    /// The names in braces, in order.
    var names: [String] {
        segments.compactMap { if case .name(let name) = $0 { name } else { nil } }
    }

    /// How many segments are literal: of two patterns that match, the one with more is meant.
    var literals: Int { segments.count - names.count }

    /// The values of the names when the path matches.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, value) in zip(segments, path) {
            switch segment {
            case .literal(let literal): if literal != value { return nil }
            case .name(let name):
                if value.isEmpty { return nil }
                values[name] = value
            }
        }
        return values
    }
}
