/// A context as a tree, for the rules that only the tree can evaluate: made once, however many flags ask.
final class ContextTree {
    /// Without `$flagd`, which is another one for every flag.
    let members: [FlagMember]
    let largeIntegers: LargeIntegers
    let budget = EvaluationBudget()
    /// Where the members are, once there are too many to go through them for every look. By bytes: Swift's texts are also
    /// equal when they only look the same.
    private let places: [[UInt8]: Int]?

    init(_ members: [FlagMember], _ largeIntegers: LargeIntegers = LargeIntegers()) {
        self.members = members
        self.largeIntegers = largeIntegers
        guard members.count > 16 else {
            places = nil
            return
        }
        places = Dictionary(
            members.enumerated().map { (Array($0.element.name.utf8), $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    func member(_ name: String) -> FlagValue? {
        guard let places else { return members.first { sameText($0.name, name) }?.value }
        return places[Array(name.utf8)].map { members[$0].value }
    }
}
