/// A question about one flag, as parts of the bytes that it came in.
struct ResolveRequest {
    var key: UnsafeRawBufferPointer
    /// The context's bytes; `nil` for an empty one.
    var context: UnsafeRawBufferPointer?

    /// Reads a protobuf message: string flag_key = 1; Struct context = 2.
    init(_ bytes: UnsafeRawBufferPointer) throws(ProtoProblem) {
        key = UnsafeRawBufferPointer(start: nil, count: 0)
        var reader = ProtoReader(bytes)
        while let field = try reader.field() {
            switch (field.number, field.type) {
            case (1, .bytes): key = try reader.lengthDelimited()
            case (2, .bytes): context = try reader.lengthDelimited()
            default: try reader.skip(field)
            }
        }
    }

    /// The context of `ResolveAll`: Struct context = 1.
    static func allContext(_ bytes: UnsafeRawBufferPointer) throws(ProtoProblem) -> UnsafeRawBufferPointer? {
        var context: UnsafeRawBufferPointer?
        var reader = ProtoReader(bytes)
        while let field = try reader.field() {
            if field.number == 1, field.type == .bytes {
                context = try reader.lengthDelimited()
            } else {
                try reader.skip(field)
            }
        }
        return context
    }
}
