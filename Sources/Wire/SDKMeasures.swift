/// What an SDK has measured since its process began, in the body of `POST /v1/sdk/usage`: sums, so that a report that is sent twice
/// counts once.
public struct SDKMeasures: Hashable, Codable, Sendable {
    /// Tells this process from every other.
    public var client: String
    /// For how many milliseconds it has been measuring.
    public var age: Int64
    /// The upper bounds of the buckets of durations, in microseconds, rising; one more bucket takes the rest.
    public var bounds: [Int64]
    public var flags: [Measured]
    public var exposures: [Exposure]

    public init(
        client: String, age: Int64, bounds: [Int64], flags: [Measured], exposures: [Exposure]
    ) {
        self.client = client
        self.age = age
        self.bounds = bounds
        self.flags = flags
        self.exposures = exposures
    }

    /// What happened to those who were given one variant of a flag.
    public struct Measured: Hashable, Codable, Sendable {
        public var flag: String
        public var variant: String
        /// Guarded blocks that were run, and those of them that failed.
        public var requests: Int64
        public var errors: Int64
        /// How long they took together, in microseconds.
        public var micros: Int64
        /// How many took so long, each counted once.
        public var buckets: [Int64]
        public var events: [Event]

        public init(
            flag: String, variant: String, requests: Int64, errors: Int64, micros: Int64, buckets: [Int64],
            events: [Event]
        ) {
            self.flag = flag
            self.variant = variant
            self.requests = requests
            self.errors = errors
            self.micros = micros
            self.buckets = buckets
            self.events = events
        }
    }

    /// Something that was tracked.
    public struct Event: Hashable, Codable, Sendable {
        public var event: String
        public var count: Int64

        public init(event: String, count: Int64) {
            self.event = event
            self.count = count
        }
    }

    /// Which targeting keys a rollout has given what, while its share stood still.
    public struct Exposure: Hashable, Codable, Sendable {
        public var flag: String
        public var rollout: String
        /// Of the targeting keys, in percent.
        public var share: String
        /// Different keys, as far as they were remembered: those whom a share decided, by variant.
        public var drawn: [Drawn]
        /// All different keys that were remembered, and those of them that were given several variants.
        public var keys: Int64
        public var crossed: Int64

        public init(
            flag: String, rollout: String, share: String, drawn: [Drawn], keys: Int64, crossed: Int64
        ) {
            self.flag = flag
            self.rollout = rollout
            self.share = share
            self.drawn = drawn
            self.keys = keys
            self.crossed = crossed
        }
    }

    public struct Drawn: Hashable, Codable, Sendable {
        public var variant: String
        public var count: Int64

        public init(variant: String, count: Int64) {
            self.variant = variant
            self.count = count
        }
    }
}

extension SDKMeasures {
    public static let mostBounds = 64
    public static let mostFlags = 500
    public static let mostEvents = 50
    /// No sum is larger: those of many clients must stay numbers.
    public static let mostCounted: Int64 = 1_000_000_000_000_000

    /// What is wrong with it, by its place; `nil` when nothing is.
    public var problem: String? {
        if client.isEmpty || client.utf8.count > 64 { return "measures.client: 1 to 64 bytes that tell the process" }
        if !(0...SDKMeasures.mostCounted).contains(age) { return "measures.age: \(age) is no time in milliseconds" }
        if bounds.count > SDKMeasures.mostBounds { return "measures.bounds: at most \(SDKMeasures.mostBounds)" }
        if bounds.contains(where: { $0 <= 0 }) || zip(bounds, bounds.dropFirst()).contains(where: { $0 >= $1 }) {
            return "measures.bounds: they rise, and the first is more than 0"
        }
        if flags.count > SDKMeasures.mostFlags || exposures.count > SDKMeasures.mostFlags {
            return "measures: at most \(SDKMeasures.mostFlags) flags and variants"
        }
        for (place, measured) in flags.enumerated() {
            if let problem = measured.problem(bounds: bounds.count) { return "measures.flags[\(place)]: \(problem)" }
        }
        for (place, seen) in exposures.enumerated() {
            let counts = [seen.keys, seen.crossed] + seen.drawn.map(\.count)
            guard counts.allSatisfy({ (0...SDKMeasures.mostCounted).contains($0) }), seen.crossed <= seen.keys,
                seen.drawn.count <= 100
            else { return "measures.exposures[\(place)]: these are no counts of keys" }
        }
        return nil
    }
}

extension SDKMeasures.Measured {
    fileprivate func problem(bounds: Int) -> String? {
        let counts = [requests, errors, micros] + buckets + events.map(\.count)
        guard counts.allSatisfy({ (0...SDKMeasures.mostCounted).contains($0) }) else {
            return "a count is out of range"
        }
        if errors > requests { return "more errors (\(errors)) than requests (\(requests))" }
        if buckets.count != bounds + 1 { return "\(buckets.count) buckets for \(bounds) bounds; one more is right" }
        if events.count > SDKMeasures.mostEvents { return "more than \(SDKMeasures.mostEvents) events" }
        if events.contains(where: { $0.event.isEmpty || $0.event.utf8.count > 128 }) {
            return "an event's name has 1 to 128 bytes"
        }
        return nil
    }
}
