extension FlagSnapshot {
    /// The keys of all flags, in the order of their indices.
    public var keys: [String] { flags.map(\.key) }

    public func key(_ flag: Int32) -> String { flags[Int(flag)].key }

    public func isEnabled(_ flag: Int32) -> Bool { flags[Int(flag)].isEnabled }

    /// The names of a flag's variants, in the order of their indices.
    public func variantNames(_ flag: Int32) -> [String] { flags[Int(flag)].variants.map(\.name) }

    public func variantName(_ flag: Int32, _ variant: Int32) -> String { flags[Int(flag)].variants[Int(variant)].name }

    public func value(_ flag: Int32, _ variant: Int32) -> FlagValue { flags[Int(flag)].variants[Int(variant)].value }

    /// A variant's value as JSON; 1.0 stays `1.0`.
    public func json(_ flag: Int32, _ variant: Int32) -> [UInt8] { flags[Int(flag)].variants[Int(variant)].json }

    /// What kind of value a variant has; an object for null.
    public func kind(_ flag: Int32, _ variant: Int32) -> FlagKind { value(flag, variant).kind ?? .object }

    /// What kind of flag it is: the kind of its first variant.
    public func kind(_ flag: Int32) -> FlagKind { kind(flag, 0) }

    /// The flag's metadata over the set's.
    public func metadata(_ flag: Int32) -> [FlagMember] { flags[Int(flag)].metadata }

    /// `metadata(_:)` as a JSON object.
    public func metadataJSON(_ flag: Int32) -> [UInt8] { flags[Int(flag)].metadataJSON }

    /// What is wrong when the evaluation of a flag ends with this error, in a sentence without its full stop.
    public func details(of error: FlagErrorCode, _ flag: Int32) -> String {
        switch error {
        case .parseError: return "the flag's rule uses an operator or a reference that does not exist"
        case .targetingKeyMissing: return "the flag's rule needs a targetingKey, and the context has none"
        case .invalidContext: return "the context cannot be used"
        case .typeMismatch: return "the flag is of another type"
        case .flagNotFound: return "there is no such flag"
        case .providerNotReady: return "the flags are not loaded yet"
        case .providerFatal, .general: break
        }
        let known = flags[Int(flag)]
        guard case .missing(let name) = known.defaultVariant else {
            return "the flag's rule gives something that is none of its variants, or takes too much work"
        }
        let look = "see 'halcyon flag get \(known.key)'"
        return known.targeting == nil
            ? "the flag's default variant '\(name)' does not exist: \(look)"
            : "the flag's rule gives none of its variants, or the default variant '\(name)', which does not exist: \(look)"
    }

    /// A variant's value for a caller who asks for an integer: also a double that loses nothing.
    public func integer(_ flag: Int32, _ variant: Int32) -> Int64? {
        switch value(flag, variant) {
        case .integer(let number): number
        case .number(let number) where number.magnitude <= 0x1p53: Int64(exactly: number)
        default: nil
        }
    }

    /// A variant's value for a caller who asks for a double: also an integer.
    public func double(_ flag: Int32, _ variant: Int32) -> Double? {
        switch value(flag, variant) {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// Whether a caller who asks for this kind can be given the variant's value; if not, the answer is `typeMismatch`.
    public func fits(_ kind: FlagKind, _ flag: Int32, _ variant: Int32) -> Bool {
        switch kind {
        case .integer: integer(flag, variant) != nil
        case .double: double(flag, variant) != nil
        case .boolean, .string, .object: self.kind(flag, variant) == kind
        }
    }
}
