/// A flag as a snapshot holds it.
struct CompiledFlag: Sendable {
    struct Variant: Sendable {
        var name: String
        var value: FlagValue
        /// The value as JSON.
        var json: [UInt8]
    }

    enum Default: Sendable, Equatable {
        /// The caller's own default counts.
        case none
        case variant(Int32)
        /// The file names a variant that the flag does not have.
        case missing(String)
    }

    var key: String
    var isEnabled: Bool
    var variants: [Variant]
    var defaultVariant: Default
    /// `nil` for a flag that answers everybody alike.
    var targeting: Rule?
    /// The set's metadata with the flag's on top.
    var metadata: [FlagMember]
    var metadataJSON: [UInt8]
    /// The same for two flags that answer everything alike.
    var fingerprint: Fingerprint
    /// Where the flag as it was written is in the set's `syncPayload`.
    var source: Range<Int> = 0..<0
    /// Whether nothing was to be said about it, so that it can be taken over as it is.
    var isClean = false

    /// The index of the variant with this name.
    func variant(named name: String) -> Int32? {
        variants.firstIndex { sameText($0.name, name) }.map(Int32.init)
    }

    /// What it answers when nobody is targeted.
    func defaultAnswer(reason: ResolutionReason) -> Resolution {
        switch defaultVariant {
        case .none: Resolution(variant: -1, reason: .default)
        case .variant(let index): Resolution(variant: index, reason: reason)
        case .missing: .failed(.general)
        }
    }

    /// What it answers when this is what its rule says.
    func answer(_ result: FlagValue) -> Resolution {
        let name: String
        switch result {
        case .null: return defaultAnswer(reason: .default)
        case .list, .object: return .failed(.general)
        case .bool, .integer, .number, .string: name = result.text
        }
        guard !name.isEmpty, let index = variant(named: name), variants[Int(index)].value != .null else {
            return .failed(.general)
        }
        return Resolution(variant: index, reason: .targetingMatch)
    }

    static let placeholder = CompiledFlag(
        key: "", isEnabled: false, variants: [], defaultVariant: .none, targeting: nil, metadata: [], metadataJSON: [],
        fingerprint: Fingerprint([]))
}
