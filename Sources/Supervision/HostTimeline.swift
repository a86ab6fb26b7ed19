public import Values

/// The time by which an agent keeps its deadlines: it begins with the wall clock and then runs as evenly as the kernel's
/// monotonic clock, so that nothing is late or early because somebody set the wall clock.
///
/// The next agent goes on with it until the host boots: what was written down by one agent means the same to the other.
public struct HostTimeline: Hashable, Codable, Sendable {
    /// Changes when the host boots.
    public let boot: String
    /// What the wall clock said, or would have said, when the monotonic clock was at zero.
    public let origin: Timestamp

    /// Goes on with a timeline that was kept, or begins a new one when that was of another boot.
    ///
    /// - Parameters:
    ///   - monotonic: what the monotonic clock says now.
    ///   - wall: what the wall clock says now.
    public init(kept: HostTimeline?, boot: String, monotonic: Period, wall: Timestamp) {
        if let kept, kept.boot == boot {
            self = kept
        } else {
            self.boot = boot
            origin = wall - monotonic
        }
    }

    public func time(at monotonic: Period) -> Timestamp { origin + monotonic }
}
