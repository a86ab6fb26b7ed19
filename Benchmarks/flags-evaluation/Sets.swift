/// The flag sets that are measured, as JSON.
enum Sets {
    private static func flag(_ targeting: String, _ variants: String = #"{"on":true,"off":false}"#) -> String {
        #"{"state":"ENABLED","variants":\#(variants),"defaultVariant":"off","targeting":\#(targeting)}"#
    }

    static let boolean = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#
    static let oneCondition = flag(#"{"if":[{"==":[{"var":"country"},"DE"]},"on","off"]}"#)
    static let threeRules = flag(
        #"{"if":[{"and":[{"==":[{"var":"country"},"DE"]},{"in":[{"var":"plan"},["pro","team"]]}]},"on",{"ends_with":[{"var":"email"},"@example.org"]},"on",{"==":[{"var":"country"},"US"]},"on","off"]}"#
    )
    static let rollout = flag(#"{"fractional":[["on",50],["off",50]]}"#)
    static let versionAndRollout = flag(
        #"{"if":[{"and":[{"sem_ver":[{"var":"version"},">=","2.1.0"]},{">":[{"var":"age"},18]},{"==":[{"var":"country"},"DE"]}]},{"fractional":[["on",50],["off",50]]},"off"]}"#
    )

    /// Ten segments of three conditions, of which the last one holds.
    static let tenSegments: String = {
        let segments = (0..<10).map { index in
            #"{"and":[{"==":[{"var":"plan"},"pro"]},{"in":[{"var":"country"},["c\#(index)0","c\#(index)1","c\#(index)2"]]},{"!=":[{"var":"language"},"xx\#(index)"]}]}"#
        }
        let last =
            #"{"and":[{"==":[{"var":"plan"},"pro"]},{"in":[{"var":"country"},["AT","DE"]]},{"!=":[{"var":"language"},"xx"]}]}"#
        let arms = (segments.dropLast() + [last]).map { "\($0),\"on\"" }.joined(separator: ",")
        return flag("{\"if\":[\(arms),\"off\"]}")
    }()

    static let kinds: [(name: String, flag: String)] = [
        ("boolean, no rule", boolean), ("one condition", oneCondition), ("three rules", threeRules),
        ("ten segments of three conditions", tenSegments), ("50 % rollout", rollout),
        ("three conditions and a rollout", versionAndRollout),
    ]

    /// So many flags, of all kinds in turn.
    static func mixed(_ count: Int) -> String {
        let flags = (0..<count).map { "\"flag-\($0)\":\(kinds[$0 % kinds.count].flag)" }
        return "{\"flags\":{\(flags.joined(separator: ","))}}"
    }

    /// So many flags that refer to shared rules.
    static func large(flags count: Int, segments: Int, changed: String = "on") -> String {
        let shared = (0..<segments).map { index in
            #""segment-\#(index)":{"or":[{"in":[{"var":"country"},["c\#(index)","d\#(index)"]]},{"ends_with":[{"var":"email"},"@company-\#(index).example"]},{"and":[{">=":[{"var":"age"},\#(index % 80)]},{"==":[{"var":"plan"},"plan-\#(index % 7)"]}]}]}"#
        }
        let flags = (0..<count).map { index in
            let last = index == 0 ? changed : "on"
            return #""flag-\#(index)":"#
                + flag(
                    #"{"if":[{"$ref":"segment-\#(index % segments)"},"on",{"$ref":"segment-\#((index * 7 + 1) % segments)"},{"fractional":[["\#(last)",25],["off",75]]},"off"]}"#
                )
        }
        return "{\"flags\":{\(flags.joined(separator: ","))},\"$evaluators\":{\(shared.joined(separator: ","))}}"
    }

    static let context =
        #"{"targetingKey":"user-48213","country":"DE","plan":"pro","email":"kim@example.com","language":"de","version":"2.4.1","age":42,"device":"phone","city":"Berlin","score":0.75}"#
}
