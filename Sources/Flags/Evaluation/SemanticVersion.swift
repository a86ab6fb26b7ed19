/// A version as semver.org 2.0 has it; build metadata plays no part.
struct SemanticVersion: Hashable {

    enum Identifier: Hashable {
        case number(String)
        case text(String)
    }

    var major: String
    var minor: String
    var patch: String
    var prerelease: [Identifier]

    /// Reads a version. A leading `v` is dropped, and a missing minor or patch number is 0.
    init?(_ text: String) {
        var rest = Substring(text)
        if rest.first == "v" || rest.first == "V" { rest = rest.dropFirst() }
        var build: Substring?
        if let plus = rest.firstIndex(of: "+") {
            build = rest[rest.index(after: plus)...]
            rest = rest[..<plus]
        }
        var prerelease: Substring?
        if let dash = rest.firstIndex(of: "-") {
            prerelease = rest[rest.index(after: dash)...]
            rest = rest[..<dash]
        }
        var numbers = rest.split(separator: ".", omittingEmptySubsequences: false)
        while numbers.count < 3 { numbers.append("0") }
        guard numbers.count == 3, numbers.allSatisfy(SemanticVersion.isNumber),
            build.map(SemanticVersion.areIdentifiers) ?? true
        else { return nil }
        (major, minor, patch) = (String(numbers[0]), String(numbers[1]), String(numbers[2]))
        self.prerelease = []
        if let prerelease {
            guard SemanticVersion.areIdentifiers(prerelease) else { return nil }
            for part in prerelease.split(separator: ".", omittingEmptySubsequences: false) {
                if part.utf8.allSatisfy(SemanticVersion.isDigit) {
                    guard SemanticVersion.isNumber(part) else { return nil }
                    self.prerelease.append(.number(String(part)))
                } else {
                    self.prerelease.append(.text(String(part)))
                }
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isDigit) && (text.utf8.count == 1 || text.utf8.first != 0x30)
    }

    private static func areIdentifiers(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy {
                    isDigit($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
                }
        }
    }
}

extension SemanticVersion: Comparable {
    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool { compare(left, right) < 0 }

    private static func compare(_ left: SemanticVersion, _ right: SemanticVersion) -> Int {
        for (one, other) in [(left.major, right.major), (left.minor, right.minor), (left.patch, right.patch)] {
            let order = compareNumbers(one, other)
            if order != 0 { return order }
        }
        // A release comes after all of its prereleases.
        if left.prerelease.isEmpty || right.prerelease.isEmpty {
            return (left.prerelease.isEmpty ? 1 : 0) - (right.prerelease.isEmpty ? 1 : 0)
        }
        for (one, other) in zip(left.prerelease, right.prerelease) {
            let order = compare(one, other)
            if order != 0 { return order }
        }
        return left.prerelease.count - right.prerelease.count
    }

    private static func compare(_ left: Identifier, _ right: Identifier) -> Int {
        switch (left, right) {
        case (.number(let one), .number(let other)): compareNumbers(one, other)
        case (.number, .text): -1
        case (.text, .number): 1
        case (.text(let one), .text(let other)):
            one == other ? 0 : one.utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
        }
    }

    private static func compareNumbers(_ left: String, _ right: String) -> Int {
        if left.utf8.count != right.utf8.count { return left.utf8.count - right.utf8.count }
        return left == right ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }
}
