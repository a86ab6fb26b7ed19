import Documents
import Values

@testable import Flags

/// What is tried with hostile input: by the fuzzers of `Scripts/fuzz`, and with what they once found by ordinary tests.
///
/// A target answers what went wrong, or `nil`. Crashing is what it must not do.
enum FuzzTarget: String, CaseIterable {
    /// Flag files.
    case flags
    /// The rule of a flag, JsonLogic.
    case rule
    /// Raw contexts.
    case context
    /// Values that are hashed, and versions.
    case values

    func run(_ bytes: [UInt8]) -> String? {
        switch self {
        case .flags: return FuzzTarget.flags(bytes)
        case .rule: return FuzzTarget.rule(bytes)
        case .context: return FuzzTarget.context(bytes, FuzzTarget.reader)
        case .values:
            return FuzzTarget.context(Array(#"{"a":"#.utf8) + bytes + Array("}".utf8), FuzzTarget.hasher)
        }
    }

    static let contexts = [
        "{}", #"{"targetingKey":"user-7","a":1,"b":"x","c":[1,"x",null],"d":{"e":"f","g":-0.5}}"#,
        #"{"targetingKey":"","a":"1.2.3","b":true,"c":{"d":[]},"d":null}"#,
        #"{"targetingKey":7,"a":1e300,"b":"\u00e9\ud83d\ude00","c":"","d":99999999999999999999}"#,
    ]

    private static func flags(_ bytes: [UInt8]) -> String? {
        guard let node = JSONParser.parse(bytes, file: "fuzz.json").node else { return nil }
        return flags(node)
    }

    static func flags(_ node: Node) -> String? {
        for bucketing in Bucketing.allCases {
            let (snapshot, issues) = FlagSnapshot.compile(node, file: "fuzz.json", bucketing: bucketing)
            guard let snapshot else { return issues.isEmpty ? "refused without an issue" : nil }
            guard let again = JSONParser.parse(snapshot.syncPayload, file: "payload").node,
                FlagSnapshot.compile(again, file: "payload", bucketing: bucketing).snapshot != nil
            else { return "the sync payload cannot be read" }
            for context in contexts {
                if let problem = disagreement(snapshot, Array(context.utf8)) { return problem }
            }
        }
        return nil
    }

    private static func rule(_ bytes: [UInt8]) -> String? {
        guard let rule = JSONParser.parse(bytes, file: "fuzz.json").node else { return nil }
        let variants = Node.mapping(["true", "false", "a", "b", "1"].map { ($0, .string($0)) })
        return flags(
            .mapping([
                (
                    "flags",
                    .mapping([
                        (
                            "f",
                            .mapping([
                                ("state", .string("ENABLED")), ("variants", variants),
                                ("defaultVariant", .string("b")), ("targeting", rule),
                            ])
                        )
                    ])
                )
            ]))
    }

    private static func context(_ bytes: [UInt8], _ snapshot: FlagSnapshot?) -> String? {
        guard let snapshot else { return "the set is not valid" }
        let strict = bytes.withUnsafeBytes { raw -> Bool in
            var reader = JSONReader(raw)
            if case .object? = try? reader.document() { return true }
            return false
        }
        var bound = BoundContext()
        let fast = (try? snapshot.bind(json: bytes, into: &bound)) != nil
        if strict != fast {
            return "the fast reader \(fast ? "takes" : "refuses") what the strict one does not"
        }
        return fast ? disagreement(snapshot, bytes) : nil
    }

    /// A flag that the program answers otherwise than the tree.
    static func disagreement(_ snapshot: FlagSnapshot, _ context: [UInt8]) -> String? {
        var bound = BoundContext()
        guard (try? snapshot.bind(json: context, into: &bound)) != nil else {
            return "the context is refused"
        }
        for flag in 0..<Int32(snapshot.count) {
            let (program, tree) = (
                snapshot.evaluate(flag, in: &bound, at: noon), snapshot.tree(flag, &bound, noon)
            )
            if program != tree {
                return "\(snapshot.key(flag)): the program says \(program), the tree \(tree)"
            }
        }
        return nil
    }

    private static func compiled(_ rules: [String]) -> FlagSnapshot? {
        let flags = rules.enumerated().map { index, rule in
            #""f\#(index)":{"state":"ENABLED","variants":{"true":1,"false":2,"a":3,"x":4},"targeting":\#(rule)}"#
        }
        let text = "{\"flags\":{\(flags.joined(separator: ","))}}"
        return JSONParser.parse(Array(text.utf8), file: "fuzz.json").node
            .flatMap { FlagSnapshot.compile($0, file: "fuzz.json").snapshot }
    }

    static let noon = Timestamp(milliseconds: 1_800_000_000_000)

    private static let reader = compiled([
        #"{"==":[{"var":"a"},"x"]}"#, #"{"var":"a"}"#, #"{"in":["x",{"var":"b"}]}"#,
        #"{"in":[{"var":"a"},["x","y","z"]]}"#,
        #"{"<":[{"var":"a"},{"var":"b"}]}"#, #"{"==":[{"var":"a.b"},1]}"#, #"{"!!":[{"var":"a.b.c"}]}"#,
        #"{"fractional":[["a",1],["x",2]]}"#, #"{"starts_with":[{"var":"targetingKey"},"u"]}"#,
        #"{"ends_with":[{"var":"b"},"é"]}"#, #"{"===":[{"var":"a"},{"var":"c"}]}"#,
        #"{"!":[{"var":"d"}]}"#,
    ])

    private static let hasher = compiled([
        #"{"fractional":[{"var":"a"},["a",1],["x",2],["true",3]]}"#,
        #"{"sem_ver":[{"var":"a"},">=","1.2.3"]}"#,
        #"{"sem_ver":[{"var":"a"},"<","1.2.3-rc.1"]}"#, #"{"sem_ver":[{"var":"a"},"~","1.2"]}"#,
        #"{"fractional":[{"cat":["s",{"var":"a"}]},["a",1],["x",2]]}"#,
    ])
}

extension FlagSnapshot {
    /// What a flag answers by the tree alone: what a rule means, which its program must do.
    func tree(_ flag: Int32, _ context: inout BoundContext, _ now: Timestamp) -> Resolution {
        let known = flags[Int(flag)]
        guard known.isEnabled else { return .disabled }
        guard let rule = known.targeting else { return known.defaultAnswer(reason: .static) }
        do throws(FlagErrorCode) {
            return known.answer(try rule.value(in: scope(of: known, &context, now)))
        } catch {
            return .failed(error)
        }
    }
}
