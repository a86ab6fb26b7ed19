package import Flags

/// `google.protobuf.Struct`: JSON as protobuf has it.
///
/// Struct: map<string, Value> fields = 1. Value: null 1, number 2, string 3, bool 4, struct 5, list 6. ListValue: values = 1.
package enum StructMessage {
    /// Writes a struct.
    package static func bytes(_ members: [FlagMember]) -> [UInt8] {
        ProtoWriter.message { writer in
            for member in members {
                writer.message(
                    1,
                    ProtoWriter.message { entry in
                        entry.text(1, member.name, always: true)
                        entry.message(2, bytes(member.value))
                    })
            }
        }
    }

    private static func bytes(_ value: FlagValue) -> [UInt8] {
        ProtoWriter.message { writer in
            switch value {
            case .null: writer.integer(1, 0, always: true)
            case .bool(let flag): writer.boolean(4, flag, always: true)
            case .integer(let number): writer.double(2, Double(number), always: true)
            case .number(let number): writer.double(2, number, always: true)
            case .string(let text): writer.text(3, text, always: true)
            case .object(let members): writer.message(5, bytes(members))
            case .list(let items):
                writer.message(
                    6, ProtoWriter.message { list in for item in items { list.message(1, bytes(item)) } })
            }
        }
    }
}
