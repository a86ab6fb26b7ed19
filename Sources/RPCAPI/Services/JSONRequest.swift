import Documents
import NIOCore

/// The message of a Connect call in JSON. For people with curl and for browsers; programs send protobuf.
struct JSONRequest {
    private let node: Node

    init(_ message: ByteBuffer) throws(RPCStatus) {
        guard message.readableBytes > 0 else {
            node = .mapping([])
            return
        }
        let (node, issues) = JSONParser.parse(Array(message.readableBytesView), file: "request")
        guard let node else {
            let reason = issues.first.map { ": \($0)" } ?? ""
            throw RPCStatus(.invalidArgument, "the request is no JSON\(reason)")
        }
        guard case .mapping = node.value else {
            throw RPCStatus(.invalidArgument, "the request is no JSON object")
        }
        self.node = node
    }

    /// A member's text, under its name in JSON or in protobuf; empty when it is not there.
    func text(_ name: String) -> String {
        guard let member = node[name] ?? node[JSONRequest.snakeCase(name)], case .string(let text) = member.value else {
            return ""
        }
        return text
    }

    /// The JSON of `context`; an empty object when it is not there.
    func context() throws(RPCStatus) -> [UInt8] {
        guard let context = node["context"], context.value != .null else { return Array("{}".utf8) }
        guard case .mapping = context.value else {
            throw RPCStatus(.invalidArgument, "the context is no JSON object")
        }
        return JSONWriter.write(JSONRequest.asStruct(context))
    }

    /// The numbers as a `google.protobuf.Struct` has them: all are doubles, so that a context means the same in JSON and in
    /// protobuf.
    private static func asStruct(_ node: Node) -> Node {
        switch node.value {
        case .integer(let number) where number.magnitude > 1 << 53: .number(Double(number))
        case .sequence(let items): .sequence(items.map(asStruct))
        case .mapping(let entries):
            Node(.mapping(entries.map { Node.Entry($0.key, asStruct($0.value)) }), at: node.position)
        case .null, .bool, .integer, .number, .string: node
        }
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase { text += "_" }
            text += character.lowercased()
        }
    }
}
