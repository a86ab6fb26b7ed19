extension ProtoFile {
    static let structs = ProtoFile(
        name: "google/protobuf/struct.proto", package: "google.protobuf",
        messages: [
            Message(
                name: "Struct",
                fields: [
                    Field(
                        name: "fields", number: 1, type: .message("google.protobuf.Struct.FieldsEntry"),
                        isRepeated: true)
                ],
                nested: [
                    Message(
                        name: "FieldsEntry",
                        fields: [
                            Field(name: "key", number: 1, type: .string),
                            Field(name: "value", number: 2, type: .message("google.protobuf.Value")),
                        ], isMapEntry: true)
                ]),
            Message(
                name: "Value",
                fields: [
                    Field(
                        name: "null_value", number: 1, type: .enumeration("google.protobuf.NullValue"), choice: "kind"),
                    Field(name: "number_value", number: 2, type: .double, choice: "kind"),
                    Field(name: "string_value", number: 3, type: .string, choice: "kind"),
                    Field(name: "bool_value", number: 4, type: .bool, choice: "kind"),
                    Field(
                        name: "struct_value", number: 5, type: .message("google.protobuf.Struct"), choice: "kind"),
                    Field(
                        name: "list_value", number: 6, type: .message("google.protobuf.ListValue"), choice: "kind"),
                ]),
            Message(
                name: "ListValue",
                fields: [
                    Field(name: "values", number: 1, type: .message("google.protobuf.Value"), isRepeated: true)
                ]),
        ], enumerations: [Enumeration(name: "NullValue", values: ["NULL_VALUE"])])

    static let health: ProtoFile = {
        let package = "grpc.health.v1"
        return ProtoFile(
            name: "grpc/health/v1/health.proto", package: package,
            messages: [
                Message(name: "HealthCheckRequest", fields: [Field(name: "service", number: 1, type: .string)]),
                Message(
                    name: "HealthCheckResponse",
                    fields: [
                        Field(
                            name: "status", number: 1,
                            type: .enumeration("\(package).HealthCheckResponse.ServingStatus"))
                    ],
                    enumerations: [
                        Enumeration(
                            name: "ServingStatus", values: ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"])
                    ]),
                Message(name: "HealthListRequest"),
                Message(
                    name: "HealthListResponse",
                    fields: [
                        Field(
                            name: "statuses", number: 1,
                            type: .message("\(package).HealthListResponse.StatusesEntry"), isRepeated: true)
                    ],
                    nested: [
                        Message(
                            name: "StatusesEntry",
                            fields: [
                                Field(name: "key", number: 1, type: .string),
                                Field(name: "value", number: 2, type: .message("\(package).HealthCheckResponse")),
                            ], isMapEntry: true)
                    ]),
            ],
            services: [
                Service(
                    name: "Health",
                    methods: [
                        Method(
                            name: "Check", input: "\(package).HealthCheckRequest",
                            output: "\(package).HealthCheckResponse"),
                        Method(
                            name: "List", input: "\(package).HealthListRequest",
                            output: "\(package).HealthListResponse"),
                        Method(
                            name: "Watch", input: "\(package).HealthCheckRequest",
                            output: "\(package).HealthCheckResponse", serverStreams: true),
                    ])
            ])
    }()

    static func reflection(package: String, file: String) -> ProtoFile {
        func message(_ name: String) -> FieldType { .message("\(package).\(name)") }
        return ProtoFile(
            name: file, package: package,
            messages: [
                Message(
                    name: "ServerReflectionRequest",
                    fields: [
                        Field(name: "host", number: 1, type: .string),
                        Field(name: "file_by_filename", number: 3, type: .string, choice: "message_request"),
                        Field(name: "file_containing_symbol", number: 4, type: .string, choice: "message_request"),
                        Field(
                            name: "file_containing_extension", number: 5, type: message("ExtensionRequest"),
                            choice: "message_request"),
                        Field(
                            name: "all_extension_numbers_of_type", number: 6, type: .string, choice: "message_request"),
                        Field(name: "list_services", number: 7, type: .string, choice: "message_request"),
                    ]),
                Message(
                    name: "ExtensionRequest",
                    fields: [
                        Field(name: "containing_type", number: 1, type: .string),
                        Field(name: "extension_number", number: 2, type: .int32),
                    ]),
                Message(
                    name: "ServerReflectionResponse",
                    fields: [
                        Field(name: "valid_host", number: 1, type: .string),
                        Field(name: "original_request", number: 2, type: message("ServerReflectionRequest")),
                        Field(
                            name: "file_descriptor_response", number: 4, type: message("FileDescriptorResponse"),
                            choice: "message_response"),
                        Field(
                            name: "all_extension_numbers_response", number: 5,
                            type: message("ExtensionNumberResponse"), choice: "message_response"),
                        Field(
                            name: "list_services_response", number: 6, type: message("ListServiceResponse"),
                            choice: "message_response"),
                        Field(
                            name: "error_response", number: 7, type: message("ErrorResponse"),
                            choice: "message_response"),
                    ]),
            ] + reflectionAnswers(package),
            services: [
                Service(
                    name: "ServerReflection",
                    methods: [
                        Method(
                            name: "ServerReflectionInfo", input: "\(package).ServerReflectionRequest",
                            output: "\(package).ServerReflectionResponse", clientStreams: true, serverStreams: true)
                    ])
            ])
    }

    /// What an answer of reflection is made of.
    private static func reflectionAnswers(_ package: String) -> [Message] {
        func message(_ name: String) -> FieldType { .message("\(package).\(name)") }
        return [
            Message(
                name: "FileDescriptorResponse",
                fields: [Field(name: "file_descriptor_proto", number: 1, type: .bytes, isRepeated: true)]),
            Message(
                name: "ExtensionNumberResponse",
                fields: [
                    Field(name: "base_type_name", number: 1, type: .string),
                    Field(name: "extension_number", number: 2, type: .int32, isRepeated: true),
                ]),
            Message(
                name: "ListServiceResponse",
                fields: [Field(name: "service", number: 1, type: message("ServiceResponse"), isRepeated: true)]),
            Message(name: "ServiceResponse", fields: [Field(name: "name", number: 1, type: .string)]),
            Message(
                name: "ErrorResponse",
                fields: [
                    Field(name: "error_code", number: 1, type: .int32),
                    Field(name: "error_message", number: 2, type: .string),
                ]),
        ]
    }
}
