import FoundationEssentials
import Rollouts
public import Wire

/// Documents as bytes.
public enum Codec {
    public static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
        do {
            return Array(try encoder.encode(value))
        } catch {
            // Records are plain structs of texts and numbers; only a defect gets here.
            preconditionFailure("a record cannot be encoded: \(error)")
        }
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, _ document: StoredDocument) throws(Problem) -> Value
    {
        do {
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
            return try decoder.decode(type, from: Data(document.bytes))
        } catch let newer as NewerSchema {
            throw Problem(
                .internal, "the stored document \(document.key.collection)/\(document.key.name): \(newer)",
                hint: "start that newer release again, or restore the backup that was made before the upgrade to it")
        } catch {
            throw Problem(
                .internal,
                "the stored document \(document.key.collection)/\(document.key.name) cannot be read: \(error)",
                hint: "restore the store from a backup, or report this with the document")
        }
    }
}

/// A number whose text order is its own order.
public func sortable(_ number: Int64, width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
