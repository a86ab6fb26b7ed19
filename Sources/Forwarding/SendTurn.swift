public import Values

/// Decides when what waits for a receiver is sent to it: in large batches while there is much, soon when there is little, and ever
/// more seldom while the receiver does not take it.
public struct SendTurn: Hashable, Sendable {
    public struct Options: Hashable, Sendable {
        /// Samples that are sent at once.
        public var batch = 2000
        /// Fewer than that wait so long for others.
        public var patience = Period.seconds(1)
        /// After one failure it is tried again within this time, after each further one within twice the time before.
        public var firstPause = Period.milliseconds(200)
        public var longestPause = Period.seconds(15)
        /// A receiver may ask for more than that, but not for ever.
        public var longestAsked = Period.minutes(5)

        public init() {}
    }

    public enum Step: Hashable, Sendable {
        case send
        /// Until then, or until something is appended; `nil`: only that.
        case wait(Timestamp?)
    }

    private let options: Options
    private var failures = 0
    /// Not before then, because the last attempt failed.
    private var pausedUntil: Timestamp?
    /// Something has waited since.
    private var waitingSince: Timestamp?

    public init(_ options: Options = Options()) { self.options = options }

    /// What to do now.
    /// - Parameter pending: samples that wait.
    public mutating func next(pending: Int, at now: Timestamp) -> Step {
        guard pending > 0 else {
            waitingSince = nil
            return .wait(nil)
        }
        if let pausedUntil, now < pausedUntil { return .wait(pausedUntil) }
        // A clock that was set back must not keep anybody waiting.
        let since = min(waitingSince ?? now, now)
        waitingSince = since
        if pending >= options.batch || failures > 0 || now - since >= options.patience { return .send }
        return .wait(since + options.patience)
    }

    /// An attempt has succeeded, or its samples are given up: what waits now is looked at anew.
    public mutating func succeeded() {
        (failures, pausedUntil, waitingSince) = (0, nil, nil)
    }

    /// An attempt has failed and is to be repeated.
    ///
    /// - Parameters:
    ///   - asked: what the receiver asked for; it is not tried earlier.
    ///   - fraction: random, 0 to 1.
    public mutating func failed(asked: Period?, at now: Timestamp, fraction: Double) {
        failures += 1
        let most = min(
            options.longestPause.milliseconds, options.firstPause.milliseconds << Int64(min(failures - 1, 20)))
        // Half of it for sure, so that a receiver in trouble gets its rest; the other half spreads the senders.
        let random = Double(most) / 2 * (1 + min(max(fraction, 0), 1))
        pausedUntil = now + max(.milliseconds(Int64(random)), min(asked ?? .zero, options.longestAsked))
    }
}
