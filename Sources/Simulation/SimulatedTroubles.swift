import Values

/// How often each thing goes wrong, a step.
struct SimulatedTroubles: Sendable {
    var partition = 0.0
    var crash = 0.0
    var person = 0.0
    var deployment = 0.0
    var join = 0.0
    /// Somebody starts something on a host by hand.
    var stray = 0.0
    var dataGaps = 0.0
    var kill = 0.0
    /// Shares, not rates: how many versions are bad, how many hosts a new one does not run on, and how many an old one.
    var badVersions = 0.0
    var failingHosts = 0.0
    var stuckHosts = 0.0

    init(_ random: inout SeededGenerator) {
        if random.chance(0.4) { partition = 0.02 }
        if random.chance(0.4) { crash = 0.02 }
        if random.chance(0.4) { person = 0.03 }
        if random.chance(0.5) { deployment = 0.04 }
        if random.chance(0.3) { join = 0.03 }
        if random.chance(0.2) { stray = 0.02 }
        if random.chance(0.3) { dataGaps = 0.1 }
        if random.chance(0.4) { kill = 0.05 }
        if random.chance(0.5) { badVersions = 0.6 }
        if random.chance(0.3) { failingHosts = 0.2 }
        if random.chance(0.1) { stuckHosts = 0.2 }
    }
}
