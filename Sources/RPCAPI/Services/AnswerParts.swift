import Flags

/// The parts that answers about a snapshot are put together from, encoded when they are first needed.
///
/// Kept for the newest snapshot of an environment. Confined to an event loop.
final class AnswerParts {
    struct Variant {
        var kind: FlagKind
        /// Field 1: the value, as the type of the flag.
        var value: [UInt8]
        /// Field 3: the variant's name.
        var name: [UInt8]
    }

    struct Flag {
        var variants: [Variant]
        /// Field 4: the metadata.
        var metadata: [UInt8]
    }

    let snapshot: FlagSnapshot
    private var flags: [Flag?]
    /// Field 4 of flags that have no metadata but the set's.
    private let setMetadata: [UInt8]

    init(_ snapshot: FlagSnapshot) {
        self.snapshot = snapshot
        setMetadata = AnswerParts.field(metadata: snapshot.metadata)
        flags = Array(repeating: nil, count: snapshot.count)
    }

    /// Calls `body` with a flag's parts.
    func with<Result>(_ flag: Int32, _ body: (borrowing Flag) -> Result) -> Result {
        if let parts = flags[Int(flag)] { return body(parts) }
        let parts = makeParts(flag)
        flags[Int(flag)] = parts
        return body(parts)
    }

    private func makeParts(_ flag: Int32) -> Flag {
        let names = snapshot.variantNames(flag)
        return Flag(
            variants: names.enumerated().map { index, name in
                let value = snapshot.value(flag, Int32(index))
                return Variant(
                    kind: snapshot.kind(flag, Int32(index)), value: AnswerParts.field(value),
                    name: ProtoWriter.message { $0.text(3, name, always: true) })
            },
            metadata: snapshot.metadata(flag) == snapshot.metadata
                ? setMetadata : AnswerParts.field(metadata: snapshot.metadata(flag)))
    }

    private static func field(metadata: [FlagMember]) -> [UInt8] {
        ProtoWriter.message { $0.message(4, StructMessage.bytes(metadata)) }
    }

    /// A value as field 1 of an answer. A list cannot be one, and is never asked for.
    static func field(_ value: FlagValue) -> [UInt8] {
        ProtoWriter.message { writer in
            switch value {
            case .bool(let flag): writer.boolean(1, flag, always: true)
            case .integer(let number): writer.integer(1, number, always: true)
            case .number(let number): writer.double(1, number, always: true)
            case .string(let text): writer.text(1, text, always: true)
            case .object(let members): writer.message(1, StructMessage.bytes(members))
            case .null, .list: break
            }
        }
    }

    /// Field 2 of an answer, for every reason.
    static let reasons: [[UInt8]] = ResolutionReason.allCases.map { reason in
        ProtoWriter.message { $0.text(2, "\(reason.name)") }
    }
}
