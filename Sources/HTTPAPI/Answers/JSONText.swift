import FoundationEssentials

/// JSON as the API writes it: keys in order, so that answers can be compared, and slashes as they are.
enum JSONText {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            // Only a number that JSON does not have (not a number, infinite) ends here.
            return Array(#"{"kind":"internal","message":"the answer cannot be written as JSON","places":[]}"#.utf8)
        }
    }
}
