import Documents
import Flags

@testable import RPCAPI

/// What is tried with hostile protobuf: by the fuzzer of `Scripts/fuzz messages`, and with what it once found by an ordinary test.
enum FuzzMessages {
    private static let snapshot = JSONParser.parse(
        Array(#"{"flags":{"f":{"state":"ENABLED","variants":{"a":1},"targeting":{"var":"a"}}}}"#.utf8),
        file: "fuzz.json"
    ).node.flatMap { FlagSnapshot.compile($0, file: "fuzz.json", bucketing: .v3).snapshot }

    /// What went wrong, or `nil`. Crashing is what it must not do.
    static func run(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { raw in
            _ = try? ReflectionRequest(raw)
            if let context = try? ResolveRequest.allContext(raw), let problem = bind(context) { return problem }
            guard let request = try? ResolveRequest(raw) else { return nil }
            _ = snapshot?.index(of: request.key)
            return bind(request.context)
        }
    }

    /// What is written of a struct is JSON that the contexts' reader takes, unless a text in it is not UTF-8.
    private static func bind(_ context: UnsafeRawBufferPointer?) -> String? {
        guard let snapshot else { return "the set is not valid" }
        var json = StructJSON()
        guard (try? json.write(context)) != nil else { return nil }
        var bound = BoundContext()
        let isTaken = json.text.withUnsafeBytes { text in (try? snapshot.bind(json: text, into: &bound)) != nil }
        if isTaken || String(validating: json.text, as: UTF8.self) == nil { return nil }
        return "the context is refused: \(String(decoding: json.text, as: UTF8.self))"
    }
}
