extension DescriptorSet {
    /// Of both ports; reflection lists only the services of its own.
    static let all = DescriptorSet([
        .structs,
        .evaluation(package: "flagd.evaluation.v1", file: "flagd/evaluation/v1/evaluation.proto", .v1),
        .evaluation(package: "flagd.evaluation.v2", file: "flagd/evaluation/v2/evaluation.proto", .v2),
        .evaluation(package: "schema.v1", file: "schema/v1/schema.proto", .legacy),
        .sync, .legacySync, .health,
        .reflection(package: "grpc.reflection.v1", file: "grpc/reflection/v1/reflection.proto"),
        .reflection(package: "grpc.reflection.v1alpha", file: "grpc/reflection/v1alpha/reflection.proto"),
    ])
}

extension ProtoFile {
    private static let structFile = "google/protobuf/struct.proto"
    private static let structType = FieldType.message("google.protobuf.Struct")

    fileprivate static func evaluation(package: String, file: String, _ generation: RPCMethod.Generation) -> ProtoFile {
        let types: [(String, FieldType)] = [
            ("Boolean", .bool), ("String", .string), ("Float", .double), ("Int", .int64), ("Object", structType),
        ]
        var messages: [Message] = []
        var methods: [Method] = []
        if generation != .v2 { addResolveAll(package, generation, &messages, &methods) }
        for (name, type) in types {
            messages.append(resolveRequest("Resolve\(name)Request"))
            messages.append(resolveResponse("Resolve\(name)Response", type, presence: generation == .v2))
            methods.append(
                Method(
                    name: "Resolve\(name)", input: "\(package).Resolve\(name)Request",
                    output: "\(package).Resolve\(name)Response"))
        }
        messages.append(Message(name: "EventStreamRequest"))
        messages.append(
            Message(
                name: "EventStreamResponse",
                fields: [
                    Field(name: "type", number: 1, type: .string), Field(name: "data", number: 2, type: structType),
                ]))
        methods.append(
            Method(
                name: "EventStream", input: "\(package).EventStreamRequest", output: "\(package).EventStreamResponse",
                serverStreams: true))
        return ProtoFile(
            name: file, package: package, dependencies: [structFile], messages: messages,
            services: [Service(name: "Service", methods: methods)])
    }

    private static func resolveRequest(_ name: String) -> Message {
        Message(
            name: name,
            fields: [
                Field(name: "flag_key", number: 1, type: .string),
                Field(name: "context", number: 2, type: structType),
            ])
    }

    private static func resolveResponse(_ name: String, _ type: FieldType, presence: Bool) -> Message {
        Message(
            name: name,
            fields: [
                Field(name: "value", number: 1, type: type, hasPresence: presence),
                Field(name: "reason", number: 2, type: .string),
                Field(name: "variant", number: 3, type: .string, hasPresence: presence),
                Field(name: "metadata", number: 4, type: structType),
            ])
    }

    private static func addResolveAll(
        _ package: String, _ generation: RPCMethod.Generation, _ messages: inout [Message], _ methods: inout [Method]
    ) {
        let isLegacy = generation == .legacy
        let all = "\(package).ResolveAllResponse"
        messages.append(
            Message(name: "ResolveAllRequest", fields: [Field(name: "context", number: 1, type: structType)]))
        var fields = [Field(name: "flags", number: 1, type: .message("\(all).FlagsEntry"), isRepeated: true)]
        if !isLegacy { fields.append(Field(name: "metadata", number: 2, type: structType)) }
        messages.append(
            Message(
                name: "ResolveAllResponse", fields: fields,
                nested: [mapEntry("FlagsEntry", .message("\(package).AnyFlag"))]))
        var flag = [
            Field(name: "reason", number: 1, type: .string), Field(name: "variant", number: 2, type: .string),
            Field(name: "bool_value", number: 3, type: .bool, choice: "value"),
            Field(name: "string_value", number: 4, type: .string, choice: "value"),
            Field(name: "double_value", number: 5, type: .double, choice: "value"),
            Field(name: "object_value", number: 6, type: structType, choice: "value"),
        ]
        if !isLegacy { flag.append(Field(name: "metadata", number: 7, type: structType)) }
        messages.append(Message(name: "AnyFlag", fields: flag))
        methods.append(Method(name: "ResolveAll", input: "\(package).ResolveAllRequest", output: all))
    }

    private static func mapEntry(_ name: String, _ value: FieldType) -> Message {
        Message(
            name: name,
            fields: [Field(name: "key", number: 1, type: .string), Field(name: "value", number: 2, type: value)],
            isMapEntry: true)
    }

    fileprivate static let sync = syncFile(
        package: "flagd.sync.v1", file: "flagd/sync/v1/sync.proto",
        flags: [
            Field(name: "flag_configuration", number: 1, type: .string),
            Field(name: "sync_context", number: 2, type: structType, hasPresence: true),
        ], hasMetadata: true)

    fileprivate static let legacySync = syncFile(
        package: "sync.v1", file: "sync/v1/sync_service.proto",
        flags: [
            Field(name: "flag_configuration", number: 1, type: .string),
            Field(name: "state", number: 2, type: .enumeration("sync.v1.SyncState")),
        ], hasMetadata: false)

    private static func syncFile(package: String, file: String, flags: [Field], hasMetadata: Bool) -> ProtoFile {
        let request = [
            Field(name: "provider_id", number: 1, type: .string), Field(name: "selector", number: 2, type: .string),
        ]
        var messages = [
            Message(name: "SyncFlagsRequest", fields: request), Message(name: "SyncFlagsResponse", fields: flags),
            Message(name: "FetchAllFlagsRequest", fields: request),
            Message(
                name: "FetchAllFlagsResponse", fields: [Field(name: "flag_configuration", number: 1, type: .string)]),
        ]
        var methods = [
            Method(
                name: "SyncFlags", input: "\(package).SyncFlagsRequest", output: "\(package).SyncFlagsResponse",
                serverStreams: true),
            Method(
                name: "FetchAllFlags", input: "\(package).FetchAllFlagsRequest",
                output: "\(package).FetchAllFlagsResponse"),
        ]
        if hasMetadata {
            messages.append(Message(name: "GetMetadataRequest"))
            messages.append(
                Message(name: "GetMetadataResponse", fields: [Field(name: "metadata", number: 2, type: structType)]))
            methods.append(
                Method(
                    name: "GetMetadata", input: "\(package).GetMetadataRequest",
                    output: "\(package).GetMetadataResponse"))
        }
        let states = ["UNSPECIFIED", "ALL", "ADD", "UPDATE", "DELETE", "PING"].map { "SYNC_STATE_\($0)" }
        return ProtoFile(
            name: file, package: package, dependencies: [structFile], messages: messages,
            enumerations: hasMetadata ? [] : [Enumeration(name: "SyncState", values: states)],
            services: [Service(name: "FlagSyncService", methods: methods)])
    }
}
