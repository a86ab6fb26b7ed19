import FoundationEssentials
import Values
import Wire

/// The form of a JSON body: which keys it may and must have. Unknown keys are errors; what is left out gets its default.
struct BodyForm: Sendable {
    /// The name of the type in the OpenAPI document.
    let name: String
    var limit = Limits.jsonBytes
    /// Whether a request may come without a body; every field has its default then.
    var isOptional = false
    let fields: [Field]

    struct Field: Sendable {
        let name: String
        let kind: Kind
        /// Without a default and not optional, the field must be there.
        var fallback: JSONValue?
        var isOptional = false
        let meaning: String
        var example: JSONValue?
    }

    indirect enum Kind: Sendable {
        case text
        case flag
        case integer
        case integers
        case words([String])
        case labels
        case texts
        case object(BodyForm)
        case objects(BodyForm)
    }

    func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(Problem) -> Value {
        let decoder = JSONDecoder()
        let tree: JSONValue
        do {
            tree = try decoder.decode(JSONValue.self, from: Data(bytes))
        } catch {
            throw Problem(
                .invalid, bytes.isEmpty ? "the body is empty" : "the body is not JSON",
                hint: "Send a JSON object with: \(keys).")
        }
        let complete = try checked(tree, at: "")
        do {
            return try decoder.decode(type, from: Data(JSONText.encode(complete)))
        } catch let error as DecodingError {
            throw Problem(.invalid, BodyForm.sentence(error))
        } catch {
            throw Problem(.invalid, "the body is wrong: \(error)")
        }
    }

    private var keys: String { fields.map(\.name).joined(separator: ", ") }

    private func checked(_ value: JSONValue, at path: String) throws(Problem) -> JSONValue {
        guard case .object(var object) = value else {
            throw Problem(
                .invalid, "\(path.isEmpty ? "the body" : path): expected an object, found \(value.kindName)",
                hint: "Its keys: \(keys).")
        }
        for key in object.keys.sorted() where !fields.contains(where: { $0.name == key }) {
            let meant = nearest(to: key, among: fields.map(\.name)).map { ", did you mean '\($0)'?" } ?? ""
            throw Problem(.invalid, "\(join(path, key)): unknown key\(meant)", hint: "Known keys: \(keys).")
        }
        for field in fields {
            let place = join(path, field.name)
            guard let value = object[field.name], value != .null else {
                object[field.name] = field.fallback
                guard field.fallback != nil || field.isOptional else {
                    throw Problem(.invalid, "\(place): missing", hint: "It is \(field.meaning).")
                }
                continue
            }
            object[field.name] = try BodyForm.checked(value, field.kind, at: place)
        }
        return .object(object)
    }

    private static func checked(_ value: JSONValue, _ kind: Kind, at place: String) throws(Problem) -> JSONValue {
        switch (kind, value) {
        case (.text, .text), (.flag, .bool), (.integer, .integer): return value
        case (.words(let words), .text(let word)):
            guard words.contains(word) else {
                let meant = nearest(to: word, among: words).map { ", did you mean '\($0)'?" } ?? ""
                throw Problem(
                    .invalid, "\(place): '\(word)' is not known\(meant)",
                    hint: "One of: \(words.joined(separator: ", ")).")
            }
            return value
        case (.labels, .object(let items)):
            for (key, item) in items { _ = try checked(item, .text, at: "\(place).\(key)") }
            return value
        case (.texts, .list(let items)):
            for (index, item) in items.enumerated() { _ = try checked(item, .text, at: "\(place)[\(index)]") }
            return value
        case (.integers, .list(let items)):
            for (index, item) in items.enumerated() { _ = try checked(item, .integer, at: "\(place)[\(index)]") }
            return value
        case (.object(let form), _): return try form.checked(value, at: place)
        case (.objects(let form), .list(let items)):
            var complete: [JSONValue] = []
            for (index, item) in items.enumerated() {
                complete.append(try form.checked(item, at: "\(place)[\(index)]"))
            }
            return .list(complete)
        default:
            throw Problem(.invalid, "\(place): expected \(kind.words), found \(value.kindName)")
        }
    }

    private func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private static func sentence(_ error: DecodingError) -> String {
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
            .dataCorrupted(let found):
            context = found
        @unknown default: return "the body is wrong"
        }
        let path = context.codingPath.reduce(into: "") { path, key in
            path += key.intValue.map { "[\($0)]" } ?? (path.isEmpty ? key.stringValue : ".\(key.stringValue)")
        }
        return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    }
}

extension BodyForm.Kind {
    /// What is expected, in words for people.
    fileprivate var words: String {
        switch self {
        case .text, .words: return "a text"
        case .flag: return "true or false"
        case .integer: return "a whole number"
        case .integers: return "a list of whole numbers"
        case .labels: return "an object of texts"
        case .texts: return "a list of texts"
        case .object: return "an object"
        case .objects: return "a list of objects"
        }
    }
}
