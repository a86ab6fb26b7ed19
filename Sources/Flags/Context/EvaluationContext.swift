/// Who or what a flag is evaluated for: a targeting key and attributes.
public struct EvaluationContext: Hashable, Sendable {
    /// What tells this subject from all others; decides its place in a fractional rollout.
    public var targetingKey: String?
    /// Attributes in the order in which they were given; no name is there twice.
    public private(set) var attributes: [FlagMember]

    public init(targetingKey: String? = nil, attributes: [(String, FlagValue)] = []) {
        self.targetingKey = targetingKey
        self.attributes = []
        put(attributes.lazy.map { FlagMember($0.0, $0.1) }, count: attributes.count)
    }

    /// The value of an attribute; set it to `nil` to take the attribute out. `targetingKey` is none.
    public subscript(name: String) -> FlagValue? {
        get { attributes.first { sameText($0.name, name) }?.value }
        set {
            let place = attributes.firstIndex { sameText($0.name, name) }
            switch (place, newValue) {
            case (let place?, let value?): attributes[place].value = value
            case (let place?, nil): attributes.remove(at: place)
            case (nil, let value?): attributes.append(FlagMember(name, value))
            case (nil, nil): break
            }
        }
    }

    /// This context with another one on top, whose values win.
    public func merging(_ other: EvaluationContext) -> EvaluationContext {
        var merged = self
        if let key = other.targetingKey { merged.targetingKey = key }
        merged.put(other.attributes, count: other.attributes.count)
        return merged
    }

    /// More attributes than this are found by an index: contexts have a few, and may have thousands.
    private static let few = 16

    private mutating func put(_ members: some Sequence<FlagMember>, count: Int) {
        guard attributes.count + count > EvaluationContext.few else {
            for member in members { self[member.name] = member.value }
            return
        }
        attributes.reserveCapacity(attributes.count + count)
        var places: [AttributeName: Int] = [:]
        for (place, attribute) in attributes.enumerated() { places[AttributeName(text: attribute.name)] = place }
        for member in members {
            if let place = places[AttributeName(text: member.name)] {
                attributes[place].value = member.value
            } else {
                places[AttributeName(text: member.name)] = attributes.count
                attributes.append(member)
            }
        }
    }
}

/// A name that is the same only where it has the same bytes, unlike a `String`.
private struct AttributeName: Hashable {
    var text: String

    static func == (one: AttributeName, other: AttributeName) -> Bool { sameText(one.text, other.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// Why a context cannot be used.
public struct ContextProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence.
    public var message: String
    /// The byte at which the reader stopped, from 0.
    public var offset: Int

    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    public var description: String { "\(message) (at byte \(offset))" }
}
