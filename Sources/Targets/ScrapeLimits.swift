import Documents
import Specs
import Values

/// The limits of a job, or those of all jobs that say nothing else. 0 is no limit.
struct ScrapeLimits {
    var samples: Int?
    var labels: Int?
    var labelName: Int?
    var labelValue: Int?
    var targets: Int?
    var body: ByteSize?

    static let keys = [
        "sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit", "target_limit",
        "body_size_limit",
    ]

    init() {}

    init(reading fields: Fields, _ defaults: ScrapeLimits) {
        func limit(_ key: String, _ usual: Int?) -> Int? {
            guard let cursor = fields[key] else { return usual }
            return cursor.integer(in: 0...Int.max).flatMap { $0 == 0 ? nil : $0 }
        }
        samples = limit("sample_limit", defaults.samples)
        labels = limit("label_limit", defaults.labels)
        labelName = limit("label_name_length_limit", defaults.labelName)
        labelValue = limit("label_value_length_limit", defaults.labelValue)
        targets = limit("target_limit", defaults.targets)
        body = fields["body_size_limit"].map { $0.bodySize() } ?? defaults.body
    }

    func set(_ rules: inout ScrapeRules) {
        rules.sampleLimit = samples
        rules.labelLimit = labels
        rules.labelNameLengthLimit = labelName
        rules.labelValueLengthLimit = labelValue
        rules.bodySizeLimit = body
    }
}

extension Cursor {
    /// A size as Prometheus has it, whose `MB` is 2²⁰ bytes; 0 is no limit.
    fileprivate func bodySize() -> ByteSize? {
        if node.wholeNumber == 0 { return nil }
        if case .string(let text) = node.value {
            if text == "0" { return nil }
            let unit = text.drop { $0.isNumber || $0 == "." }
            if unit.count == 2, unit.hasSuffix("B"),
                let size = ByteSize(String(text.dropLast()) + "iB"), size.bytes > 0
            {
                return size
            }
        }
        return byteSize()
    }
}
