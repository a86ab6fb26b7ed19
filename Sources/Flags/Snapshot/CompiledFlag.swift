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

    /// The index of the variant with this name.
    func variant(named name: String) -> Int32? {
        variants.firstIndex { sameText($0.name, name) }.map(Int32.init)
    }
}
