/// What became of the samples of a batch.
public struct IngestReport: Hashable, Sendable {
    /// Samples that are kept now, late ones included.
    public var accepted = 0
    /// Of them and of the duplicates, those that are histograms.
    public var histograms = 0
    /// Of those accepted, those that came behind later ones.
    public var late = 0
    /// The same samples were there before.
    public var duplicates = 0
    /// Another value was there at the same time, and stays.
    public var conflicts = 0
    public var tooOld = 0
    public var tooFarAhead = 0
    /// Samples of series whose labels are not valid.
    public var invalid = 0
    /// Samples of series that would be over a limit.
    public var overLimit = 0
    /// New series.
    public var created = 0
    /// What was refused and why, of each kind the first few; names the series.
    public var problems: [String] = []

    /// The samples that are not kept though they were not there before, by their place in the batch.
    public var refusedSamples: [Int] = []
    /// What samples of deltas were summed up to, by their place in the batch.
    public var sums: [Int: Double] = [:]

    public init() {}

    /// How many samples are not kept though they were not there before.
    public var refused: Int { conflicts + tooOld + tooFarAhead + invalid + overLimit }

    /// Tells of a problem, unless enough were told.
    public mutating func note(_ problem: @autoclosure () -> String) {
        if problems.count < 10 { problems.append(problem()) }
    }

    /// Adds what became of another part of the batch.
    public mutating func add(_ other: IngestReport) {
        accepted += other.accepted
        histograms += other.histograms
        late += other.late
        duplicates += other.duplicates
        conflicts += other.conflicts
        tooOld += other.tooOld
        tooFarAhead += other.tooFarAhead
        invalid += other.invalid
        overLimit += other.overLimit
        created += other.created
        for problem in other.problems { note(problem) }
    }
}
