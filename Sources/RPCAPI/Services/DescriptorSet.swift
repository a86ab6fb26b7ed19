/// Descriptions of the services and messages as protobuf files, for reflection: grpcurl and the like.
struct DescriptorSet: Sendable {
    struct File: Sendable {
        var name: String
        var bytes: [UInt8]
        /// The files that this one refers to.
        var dependencies: [String]
        /// The full names of everything declared in it.
        var symbols: [String]
    }

    let files: [String: File]
    private let filesBySymbol: [String: String]

    init(_ files: [ProtoFile]) {
        var byName: [String: File] = [:]
        var bySymbol: [String: String] = [:]
        for file in files {
            byName[file.name] = File(
                name: file.name, bytes: file.bytes, dependencies: file.dependencies, symbols: file.symbols)
            for symbol in file.symbols { bySymbol[symbol] = file.name }
        }
        self.files = byName
        filesBySymbol = bySymbol
    }

    /// A file with all that it depends on; it comes first.
    func closure(of name: String) -> [[UInt8]]? {
        guard files[name] != nil else { return nil }
        var names = [name]
        var next = 0
        while next < names.count {
            for dependency in files[names[next]]?.dependencies ?? [] where !names.contains(dependency) {
                names.append(dependency)
            }
            next += 1
        }
        return names.compactMap { files[$0]?.bytes }
    }

    /// The file that declares a service, method, message, field or enumeration.
    func closure(declaring symbol: String) -> [[UInt8]]? {
        var symbol = symbol[...]
        while !symbol.isEmpty {
            if let file = filesBySymbol[String(symbol)] { return closure(of: file) }
            guard let dot = symbol.lastIndex(of: ".") else { return nil }
            symbol = symbol[..<dot]
        }
        return nil
    }
}

/// A protobuf file as its parts; what reflection answers is made of them.
struct ProtoFile: Sendable {
    struct Field: Sendable {
        var name: String
        var number: Int
        var type: FieldType
        var isRepeated = false
        /// `optional` in proto3: absent differs from the default.
        var hasPresence = false
        /// The name of the choice that it is part of.
        var choice: String?
    }

    /// The numbers are those of FieldDescriptorProto.Type.
    enum FieldType: Sendable {
        case double, int64, int32, bool, string, bytes
        /// With the full name.
        case message(String)
        case enumeration(String)

        var number: Int64 {
            switch self {
            case .double: 1
            case .int64: 3
            case .int32: 5
            case .bool: 8
            case .string: 9
            case .message: 11
            case .bytes: 12
            case .enumeration: 14
            }
        }
    }

    struct Message: Sendable {
        var name: String
        var fields: [Field] = []
        var nested: [Message] = []
        var enumerations: [Enumeration] = []
        var isMapEntry = false
    }

    struct Enumeration: Sendable {
        var name: String
        var values: [String]
    }

    struct Method: Sendable {
        var name: String
        var input: String
        var output: String
        var clientStreams = false
        var serverStreams = false
    }

    struct Service: Sendable {
        var name: String
        var methods: [Method]
    }

    var name: String
    var package: String
    var dependencies: [String] = []
    var messages: [Message] = []
    var enumerations: [Enumeration] = []
    var services: [Service] = []

    var symbols: [String] {
        messages.flatMap { ProtoFile.symbols($0, in: package) } + enumerations.map { "\(package).\($0.name)" }
            + services.map { "\(package).\($0.name)" }
    }

    private static func symbols(_ message: Message, in scope: String) -> [String] {
        let name = "\(scope).\(message.name)"
        return [name] + message.nested.flatMap { symbols($0, in: name) }
            + message.enumerations.map { "\(name).\($0.name)" }
    }
}
