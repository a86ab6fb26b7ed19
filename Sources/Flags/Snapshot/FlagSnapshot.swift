import Synchronization
public import Values

/// A flag set, compiled: it never changes, so that any number of threads can read it at once.
public final class FlagSnapshot: Sendable {
    /// Another number for every snapshot of the process.
    let identity: UInt64
    let flags: [CompiledFlag]
    let indices: [String: Int32]
    public let bucketing: Bucketing
    /// The set's metadata.
    public let metadata: [FlagMember]
    /// The set as strict flagd JSON, as sync clients get it.
    public let syncPayload: [UInt8]
    /// A text that is the same for sets of the same content and bucketing, and only for those.
    public let etag: String
    /// How often its flags were evaluated; whoever answers counts.
    public let counters: FlagCounters

    private static let identities = Atomic<UInt64>(0)

    init(flags: [CompiledFlag], bucketing: Bucketing, metadata: [FlagMember], syncPayload: [UInt8]) {
        identity = FlagSnapshot.identities.wrappingAdd(1, ordering: .relaxed).newValue
        self.flags = flags
        self.bucketing = bucketing
        self.metadata = metadata
        self.syncPayload = syncPayload
        counters = FlagCounters(variants: flags.map(\.variants.count))
        var indices: [String: Int32] = [:]
        for (index, flag) in flags.enumerated() { indices[flag.key] = Int32(index) }
        self.indices = indices
        etag = "\(Fingerprint(syncPayload + Array(bucketing.rawValue.utf8)))"
    }

    /// A set without flags.
    public static let empty = FlagSnapshot(
        flags: [], bucketing: .v3, metadata: [], syncPayload: Array(#"{"flags":{}}"#.utf8))
}

// MARK: - Evaluating

extension FlagSnapshot {
    /// The index of a flag; `nil` when there is none with this key.
    public func index(of key: String) -> Int32? { indices[key] }

    /// The index of a flag whose key is UTF-8.
    public func index(of key: UnsafeRawBufferPointer) -> Int32? {
        String(validating: key, as: UTF8.self).flatMap { indices[$0] }
    }

    /// Evaluates a flag: no lock, and nothing that outlives the call.
    ///
    /// - Parameters:
    ///   - flag: An index that this snapshot gave.
    ///   - context: Bound by this very snapshot; the answer is a general error when another one did.
    ///   - now: What `$flagd.timestamp` is.
    public func evaluate(_ flag: Int32, in context: inout BoundContext, at now: Timestamp) -> Resolution {
        guard flags.indices.contains(Int(flag)) else { return .failed(.flagNotFound) }
        guard context.snapshot == identity else { return .failed(.general) }
        let flag = flags[Int(flag)]
        guard flag.isEnabled else { return .disabled }
        guard let targeting = flag.targeting else { return defaultAnswer(flag, reason: .static) }
        do throws(FlagErrorCode) {
            let scope = scope(of: flag, context.data, now)
            return answer(flag, try targeting.value(in: scope))
        } catch {
            return .failed(error)
        }
    }

    private func scope(of flag: CompiledFlag, _ data: FlagValue, _ now: Timestamp) -> Scope {
        var members: [FlagMember] = []
        if case .object(let given) = data { members = given }
        members.append(
            FlagMember(
                "$flagd", ["flagKey": .string(flag.key), "timestamp": .integer(now.wholeSeconds)]))
        return Scope(data: .object(members), flagKey: flag.key, bucketing: bucketing)
    }

    private func defaultAnswer(_ flag: CompiledFlag, reason: ResolutionReason) -> Resolution {
        switch flag.defaultVariant {
        case .none: Resolution(variant: -1, reason: .default)
        case .variant(let index): Resolution(variant: index, reason: reason)
        case .missing: .failed(.general)
        }
    }

    private func answer(_ flag: CompiledFlag, _ result: FlagValue) -> Resolution {
        let name: String
        switch result {
        case .null: return defaultAnswer(flag, reason: .default)
        case .list, .object: return .failed(.general)
        case .bool, .integer, .number, .string: name = result.text
        }
        guard !name.isEmpty, let index = flag.variant(named: name), flag.variants[Int(index)].value != .null else {
            return .failed(.general)
        }
        return Resolution(variant: index, reason: .targetingMatch)
    }
}

extension Timestamp {
    /// Seconds since the epoch, rounded down, as `$flagd.timestamp` has them.
    var wholeSeconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    }
}
