/// How a metrics store behaves. Times are in milliseconds, sizes in bytes.
public struct StoreOptions: Hashable, Sendable {
    /// A sample may be so much older than the newest of all.
    public var lateWindow: Int64 = 12 * 3_600_000
    /// A sample may be so far ahead of the clock, where the caller says what the clock shows.
    public var aheadWindow: Int64 = 600_000
    /// The stretch of time of a fresh block on disk.
    public var blockLength: Int64 = 2 * 3_600_000
    /// Small blocks are brought together up to this length.
    public var maximumBlockLength: Int64 = 24 * 3_600_000
    /// Blocks older than this are removed; 0 keeps them.
    public var retentionAge: Int64 = 15 * 24 * 3_600_000
    /// The oldest blocks are removed when all take more than this; 0 is no limit.
    public var retentionBytes: Int64 = 0
    /// A series without samples for so long is sealed and, once its samples are in a block, forgotten.
    public var idleAfter: Int64 = 3_600_000
    /// No more series at once.
    public var maximumSeries = 2_000_000
    /// No more series at once with the same value of a label, such as `service` or `tenant`.
    public var seriesLimits: [String: Int] = [:]
    /// Labels a series, and the length of each.
    public var maximumLabels = 128
    public var maximumLabelLength = 65_536
    /// A checkpoint is written when the log has grown by so much, so that a restart need not read more.
    public var checkpointBytes = 16 << 20
    /// A checkpoint is written at least so often, when there is anything new.
    public var checkpointInterval: Int64 = 600_000

    public init() {}
}
