import Foundation
import Testing

/// Reference vectors outside the repository, in the folder that `HALCYON_VECTORS` names: `{meta, cases: [{…}]}`.
enum Vectors {
    static let folder = ProcessInfo.processInfo.environment["HALCYON_VECTORS"]

    static func cases(_ name: String) throws -> [Case] {
        let data = try Data(contentsOf: URL(fileURLWithPath: try #require(folder)).appending(path: "\(name).json"))
        let cases = try JSONDecoder().decode(File.self, from: data).cases
        try #require(!cases.isEmpty)
        return cases.map { Case(fields: $0) }
    }

    private struct File: Decodable {
        let cases: [[String: Field]]
    }
}

/// Anything that JSON can hold; numbers to the last bit (`JSONSerialization` rounds some of them).
indirect enum Field: Decodable {
    case number(Double)
    case flag(Bool)
    case text(String)
    case list([Field])
    case object([String: Field])
    case nothing

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .nothing
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([Field].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: Field].self))
        }
    }

    /// JSON has no words for what is not a number.
    var number: Double? {
        switch self {
        case .number(let number): number
        case .text(let text): ["NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity][text]
        default: nil
        }
    }

    var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var object: [String: Field]? { if case .object(let object) = self { object } else { nil } }
    var list: [Field]? { if case .list(let list) = self { list } else { nil } }
}

/// One case: its fields by name.
struct Case {
    let fields: [String: Field]

    func number(_ name: String) throws -> Double { try #require(fields[name]?.number, "\(name)") }

    func flag(_ name: String) throws -> Bool {
        try #require(fields[name]?.flag as Bool?, "\(name)")
    }

    func text(_ name: String) throws -> String {
        try #require(fields[name]?.text, "\(name)")
    }

    func has(_ name: String) -> Bool {
        switch fields[name] {
        case nil, .nothing: false
        default: true
        }
    }

    func numbers(_ name: String) throws -> [Double] {
        try #require(fields[name]?.list, "\(name)").map { try #require($0.number, "\(name)") }
    }

    func pair(_ name: String) throws -> (first: Double, second: Double) {
        let pair = try numbers(name)
        try #require(pair.count == 2)
        return (pair[0], pair[1])
    }

    func inner(_ name: String) throws -> Case { Case(fields: try #require(fields[name]?.object, "\(name)")) }

    func list(_ name: String) throws -> [Case] {
        try #require(fields[name]?.list, "\(name)").map { Case(fields: try #require($0.object, "\(name)")) }
    }
}

/// Whether two numbers agree to `relative` of the larger, or to `absolute`.
func agree(_ found: Double, _ expected: Double, relative: Double = 1e-9, absolute: Double = 1e-300) -> Bool {
    if found == expected || (found.isNaN && expected.isNaN) { return true }
    guard found.isFinite, expected.isFinite else { return false }
    return abs(found - expected) <= max(absolute, relative * max(abs(found), abs(expected)))
}

/// The same for both ends; each to `relative` of the larger of them.
func agree(
    _ found: (lower: Double, upper: Double), _ expected: (first: Double, second: Double), relative: Double = 1e-9,
    absolute: Double = 1e-300
) -> Bool {
    let span = max(abs(expected.first), abs(expected.second)) * relative
    return agree(found.lower, expected.first, relative: relative, absolute: max(absolute, span))
        && agree(found.upper, expected.second, relative: relative, absolute: max(absolute, span))
}
