import FoundationEssentials

/// JSON as the API writes it: keys in order, so that answers can be compared, and slashes as they are.
enum JSONText {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        do {
            return Array(try encoder.encode(value))
        } catch {
            // Answers are plain structs of texts and numbers; only a defect gets here.
            preconditionFailure("an answer cannot be encoded: \(error)")
        }
    }
}
