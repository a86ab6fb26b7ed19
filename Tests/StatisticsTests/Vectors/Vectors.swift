import Foundation
import Testing

/// Reference vectors outside the repository, in the folder that `HALCYON_VECTORS` names: `{meta, cases: [{…}]}`.
enum Vectors {
    static let folder = ProcessInfo.processInfo.environment["HALCYON_VECTORS"]

    static func cases(_ name: String) throws -> [Case] {
        let data = try Data(contentsOf: URL(fileURLWithPath: try #require(folder)).appending(path: "\(name).json"))
        let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let cases = try #require(document["cases"] as? [[String: Any]])
        try #require(!cases.isEmpty)
        return cases.map { Case(fields: $0) }
    }
}

/// One case: its fields by name; numbers that JSON cannot write are strings.
struct Case {
    let fields: [String: Any]

    func number(_ name: String) throws -> Double { try Case.number(fields[name], name) }
    func flag(_ name: String) throws -> Bool { try #require(fields[name] as? Bool) }
    func text(_ name: String) throws -> String { try #require(fields[name] as? String, "\(name)") }
    func has(_ name: String) -> Bool { fields[name] != nil && !(fields[name] is NSNull) }

    func numbers(_ name: String) throws -> [Double] {
        try #require(fields[name] as? [Any], "\(name)").map { try Case.number($0, name) }
    }

    func pair(_ name: String) throws -> (first: Double, second: Double) {
        let pair = try numbers(name)
        try #require(pair.count == 2)
        return (pair[0], pair[1])
    }

    func inner(_ name: String) throws -> Case { Case(fields: try #require(fields[name] as? [String: Any], "\(name)")) }

    func list(_ name: String) throws -> [Case] {
        try #require(fields[name] as? [[String: Any]], "\(name)").map { Case(fields: $0) }
    }

    private static func number(_ value: Any?, _ name: String) throws -> Double {
        if let text = value as? String {
            return try #require(
                ["NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity][text], "\(name): \(text)")
        }
        return try #require(value as? NSNumber, "\(name)").doubleValue
    }
}

/// Whether two numbers agree to `relative` of the larger, or to `absolute`.
func agree(_ found: Double, _ expected: Double, relative: Double = 1e-9, absolute: Double = 1e-300) -> Bool {
    if found == expected || (found.isNaN && expected.isNaN) { return true }
    guard found.isFinite, expected.isFinite else { return false }
    return abs(found - expected) <= max(absolute, relative * max(abs(found), abs(expected)))
}

func agree(
    _ found: (lower: Double, upper: Double), _ expected: (first: Double, second: Double), relative: Double = 1e-9,
    absolute: Double = 1e-300
) -> Bool {
    let span = max(abs(expected.first), abs(expected.second)) * relative
    return agree(found.lower, expected.first, relative: relative, absolute: max(absolute, span))
        && agree(found.upper, expected.second, relative: relative, absolute: max(absolute, span))
}
