public import Specs
public import Values

/// The waves of a plan as they would be with the hosts of now, and all that a verdict depends on.
public struct RehearsedPlan: Hashable, Sendable {
    /// One wave.
    public struct Wave: Hashable, Sendable {
        /// As the plan names it.
        public var name: String
        /// How many hosts the wave brings in.
        public var hosts: Int
        /// How long it is watched.
        public var bake: Bake

        public init(name: String, hosts: Int, bake: Bake) {
            self.name = name
            self.hosts = hosts
            self.bake = bake
        }
    }

    /// In order; none is empty.
    public var waves: [Wave]
    /// How many hosts stay as they are until the last bake has ended; they are of the last wave.
    public var holdout: Int
    /// The chance, over all checks and waves, that a change that is no worse is rolled back.
    public var falseRollbacks: Percentage
    /// Whether hosts start anew with the version before, to be compared with.
    public var control: ControlMode
    /// For how long checks are watched after the last wave: nothing is rehearsed then, but some of the chance is kept for it.
    public var watch: Period

    public init(
        waves: [Wave], holdout: Int, falseRollbacks: Percentage, control: ControlMode = .none, watch: Period = .zero
    ) {
        self.waves = waves.filter { $0.hosts > 0 }
        self.holdout = max(0, min(holdout, (self.waves.last?.hosts ?? 1) - 1))
        self.falseRollbacks = falseRollbacks
        self.control = control
        self.watch = watch
    }

    /// How many hosts all waves have together.
    public var hosts: Int { waves.reduce(0) { $0 + $1.hosts } }

    /// How long the bakes take when none ends early.
    public var longest: Period { waves.reduce(.zero) { $0 + $1.bake.atMost } }

    /// Hosts that change together and are counted together, so that a large fleet is no slower to rehearse than a small one.
    struct Block: Hashable, Sendable {
        /// The wave that changes it; `nil` for those that are held out.
        var wave: Int?
        /// The wave with which it is started anew, to be as cold as the canary, until a later wave changes it; `nil` for most.
        var controlOf: Int?
        /// Its part of the whole fleet, and so of its traffic.
        var share: Double
        var hosts: Int
    }

    /// No wave is told apart into more blocks than this.
    private static let mostBlocks = 8

    var blocks: [Block] {
        let controls = controlsInAll
        let cuts = Set(controls.map { hosts - $0 })
        var blocks: [Block] = []
        func add(_ range: Range<Int>, _ wave: Int?) {
            let edges = [range.lowerBound] + cuts.filter { range.contains($0) }.sorted() + [range.upperBound]
            for (lower, upper) in zip(edges, edges.dropFirst()) where lower < upper {
                let control = controls.firstIndex { lower >= hosts - $0 }
                let parts = min(upper - lower, RehearsedPlan.mostBlocks)
                for part in 0..<parts {
                    let size = (upper - lower) * (part + 1) / parts - (upper - lower) * part / parts
                    blocks.append(
                        Block(
                            wave: wave, controlOf: control, share: Double(size) / Double(max(1, hosts)), hosts: size))
                }
            }
        }
        var first = 0
        for (index, wave) in waves.enumerated() {
            let end = first + (index + 1 == waves.count ? wave.hosts - holdout : wave.hosts)
            add(first..<end, index)
            first = end
        }
        add(first..<hosts, nil)
        return blocks
    }

    /// By wave, how many of the last hosts have been started anew by then: as many as the canary got, from the end, and no more
    /// than half of those that are left.
    private var controlsInAll: [Int] {
        guard control == .restart else { return [] }
        var (changed, controls) = (0, 0)
        return waves.enumerated().map { index, wave in
            let new = index + 1 == waves.count ? wave.hosts - holdout : wave.hosts
            changed += new
            let free = hosts - changed
            if free > 0 { controls = max(controls, min(controls + new, max(1, free / 2))) }
            return controls
        }
    }
}
