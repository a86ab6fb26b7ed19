extension ProtoFile {
    /// FileDescriptorProto: name 1, package 2, dependency 3, message_type 4, enum_type 5, service 6, syntax 12.
    var bytes: [UInt8] {
        ProtoWriter.message { file in
            file.text(1, name)
            file.text(2, package)
            for dependency in dependencies { file.text(3, dependency) }
            for message in messages { file.message(4, message.bytes) }
            for enumeration in enumerations { file.message(5, enumeration.bytes) }
            for service in services { file.message(6, service.bytes) }
            file.text(12, "proto3")
        }
    }
}

extension ProtoFile.Message {
    /// The choices that fields are part of, in their order; those of proto3's `optional` fields come last, as they must.
    private var choices: [String] {
        var names: [String] = []
        for field in fields {
            if let choice = field.choice, !names.contains(choice) { names.append(choice) }
        }
        return names + fields.filter(\.hasPresence).map { "_\($0.name)" }
    }

    /// DescriptorProto: name 1, field 2, nested_type 3, enum_type 4, options 7 (map_entry 7), oneof_decl 8.
    var bytes: [UInt8] {
        let choices = choices
        return ProtoWriter.message { message in
            message.text(1, name)
            for field in fields {
                let choice = field.hasPresence ? "_\(field.name)" : field.choice
                message.message(2, field.bytes(choice: choice.flatMap { choices.firstIndex(of: $0) }))
            }
            for nested in nested { message.message(3, nested.bytes) }
            for enumeration in enumerations { message.message(4, enumeration.bytes) }
            if isMapEntry { message.message(7, ProtoWriter.message { $0.boolean(7, true) }) }
            for choice in choices { message.message(8, ProtoWriter.message { $0.text(1, choice) }) }
        }
    }
}

extension ProtoFile.Field {
    /// FieldDescriptorProto: name 1, number 3, label 4, type 5, type_name 6, oneof_index 9, json_name 10, proto3_optional 17.
    func bytes(choice: Int?) -> [UInt8] {
        ProtoWriter.message { field in
            field.text(1, name)
            field.integer(3, Int64(number))
            field.integer(4, isRepeated ? 3 : 1)
            field.integer(5, type.number)
            switch type {
            case .message(let name), .enumeration(let name): field.text(6, ".\(name)")
            default: break
            }
            if let choice { field.integer(9, Int64(choice), always: true) }
            field.text(10, jsonName)
            field.boolean(17, hasPresence)
        }
    }

    private var jsonName: String {
        let words = name.split(separator: "_")
        return words.dropFirst().reduce(into: String(words.first ?? "")) { text, word in
            text += word.prefix(1).uppercased() + word.dropFirst()
        }
    }
}

extension ProtoFile.Enumeration {
    /// EnumDescriptorProto: name 1, value 2 (name 1, number 2).
    var bytes: [UInt8] {
        ProtoWriter.message { enumeration in
            enumeration.text(1, name)
            for (number, value) in values.enumerated() {
                enumeration.message(
                    2,
                    ProtoWriter.message { entry in
                        entry.text(1, value)
                        entry.integer(2, Int64(number), always: true)
                    })
            }
        }
    }
}

extension ProtoFile.Service {
    /// ServiceDescriptorProto: name 1, method 2 (name 1, input_type 2, output_type 3, client_streaming 5, server_streaming 6).
    var bytes: [UInt8] {
        ProtoWriter.message { service in
            service.text(1, name)
            for method in methods {
                service.message(
                    2,
                    ProtoWriter.message { entry in
                        entry.text(1, method.name)
                        entry.text(2, ".\(method.input)")
                        entry.text(3, ".\(method.output)")
                        entry.boolean(5, method.clientStreams)
                        entry.boolean(6, method.serverStreams)
                    })
            }
        }
    }
}
