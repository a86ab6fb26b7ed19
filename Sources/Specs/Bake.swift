public import Documents
public import Values

/// How long a wave is watched before the next one: at least so long, and at most so long when the evidence does not end it.
public struct Bake: Hashable, Sendable {
    /// Even a change that is proven good is watched for this long.
    public var atLeast: Period
    /// After this long the bake ends without proof, unless there is something to hold for.
    public var atMost: Period

    public init(atLeast: Period, atMost: Period) {
        self.atLeast = atLeast
        self.atMost = atMost
    }

    /// Neither shorter nor longer.
    public init(_ period: Period) {
        self.init(atLeast: period, atMost: period)
    }

    public static let zero = Bake(.zero)
    public static func seconds(_ count: Int64) -> Bake { Bake(.seconds(count)) }
    public static func minutes(_ count: Int64) -> Bake { Bake(.minutes(count)) }
    public static func hours(_ count: Int64) -> Bake { Bake(.hours(count)) }
}

extension Bake: CustomStringConvertible {
    /// `5m`, or `2m to 20m`.
    public var description: String { atLeast == atMost ? "\(atMost)" : "\(atLeast) to \(atMost)" }
}

extension Bake: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard case .mapping = cursor.node.value else {
            guard let period = cursor.period() else { return nil }
            self.init(period)
            return
        }
        guard let fields = cursor.fields(["atLeast", "atMost"], "a bake") else { return nil }
        let least = fields["atLeast"].map { $0.period() } ?? .zero
        guard let most = fields.required("atMost", like: "20m")?.period(), let least else { return nil }
        if least > most {
            fields["atLeast"]?.report(
                "\(least) is more than the \(most) of 'atMost'", hint: "a bake ends after it began")
        }
        self.init(atLeast: least, atMost: most)
    }

    public var documentNode: Node {
        guard atLeast != atMost else { return .string(atMost.description) }
        return .mapping([("atLeast", .string(atLeast.description)), ("atMost", .string(atMost.description))])
    }
}
