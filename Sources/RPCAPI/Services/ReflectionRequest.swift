/// A question of `grpc.reflection`: host 1, and one of file_by_filename 3, file_containing_symbol 4,
/// file_containing_extension 5, all_extension_numbers_of_type 6, list_services 7.
struct ReflectionRequest {
    enum Question {
        case file(String)
        case symbol(String)
        case extensions(String)
        case services
        case nothing
    }

    var host = ""
    var question = Question.nothing

    init(_ bytes: UnsafeRawBufferPointer) throws(ProtoProblem) {
        var reader = ProtoReader(bytes)
        while let field = try reader.field() {
            switch (field.number, field.type) {
            case (1, .bytes): host = try reader.text()
            case (3, .bytes): question = .file(try reader.text())
            case (4, .bytes): question = .symbol(try reader.text())
            case (5, .bytes):
                _ = try reader.lengthDelimited()
                question = .extensions("")
            case (6, .bytes): question = .extensions(try reader.text())
            case (7, .bytes):
                _ = try reader.lengthDelimited()
                question = .services
            default: try reader.skip(field)
            }
        }
    }
}
