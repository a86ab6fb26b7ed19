import Documents
public import Values

/// How a scrape's answer is taken, and how much it may hold. An answer that is over a limit is refused as a whole: the scrape has
/// failed.
public struct ScrapeRules: Hashable, Sendable {
    /// Labels of the answer win over those that Halcyon adds; else they are kept as `exported_NAME`.
    public var honorLabels: Bool
    /// Times of the answer count; else every sample has the time of its scrape.
    public var honorTimestamps: Bool
    public var sampleLimit: Int?
    /// Labels of one series, those that Halcyon adds and the metric's name included.
    public var labelLimit: Int?
    /// In bytes.
    public var labelNameLengthLimit: Int?
    public var labelValueLengthLimit: Int?
    public var bodySizeLimit: ByteSize?

    /// Without a `sampleLimit` an answer has no more than this.
    public static let mostSamples = 50_000
    /// No answer may be larger, whatever the document says.
    public static let largestBody = ByteSize.mebibytes(4)

    public init(honorLabels: Bool = false, honorTimestamps: Bool = false, sampleLimit: Int? = nil) {
        self.honorLabels = honorLabels
        self.honorTimestamps = honorTimestamps
        self.sampleLimit = sampleLimit
    }

    static let keys = [
        "honorLabels", "honorTimestamps", "sampleLimit", "labelLimit", "labelNameLengthLimit", "labelValueLengthLimit",
        "bodySizeLimit",
    ]

    init(reading fields: Fields) {
        self.init()
        honorLabels = fields["honorLabels"]?.bool() ?? honorLabels
        honorTimestamps = fields["honorTimestamps"]?.bool() ?? honorTimestamps
        sampleLimit = fields["sampleLimit"]?.integer(in: 1...1_000_000)
        labelLimit = fields["labelLimit"]?.integer(in: 1...1000)
        labelNameLengthLimit = fields["labelNameLengthLimit"]?.integer(in: 1...65_536)
        labelValueLengthLimit = fields["labelValueLengthLimit"]?.integer(in: 1...65_536)
        if let cursor = fields["bodySizeLimit"], let size = cursor.byteSize() {
            bodySizeLimit = size
            if size.bytes > ScrapeRules.largestBody.bytes {
                cursor.report("\(size) is too large: no answer may have more than \(ScrapeRules.largestBody)")
            }
        }
    }

    /// Only what was said: documents of versions that say nothing stay as they are.
    var entries: [(key: String, value: Node?)] {
        [
            ("honorLabels", honorLabels ? .bool(true) : nil), ("honorTimestamps", honorTimestamps ? .bool(true) : nil),
            ("sampleLimit", sampleLimit.map(Node.integer)), ("labelLimit", labelLimit.map(Node.integer)),
            ("labelNameLengthLimit", labelNameLengthLimit.map(Node.integer)),
            ("labelValueLengthLimit", labelValueLengthLimit.map(Node.integer)),
            ("bodySizeLimit", bodySizeLimit?.documentNode),
        ]
    }
}
