import Values

/// How a histogram's series are named.
enum BucketSelector {
    /// The selector of a classic histogram's buckets.
    static func classic(_ histogram: String) -> String {
        let name = histogram.prefix { $0 != "{" }
        let trimmed = name.filter { !$0.isWhitespace }
        return (trimmed.hasSuffix("_bucket") ? trimmed : trimmed + "_bucket") + histogram.dropFirst(name.count)
    }
}

extension APIClient {
    /// The series that an expression gives over a time.
    func range(
        _ expression: String, from start: Timestamp, through end: Timestamp, step: Period
    ) async throws -> [MetricsAnswer.Series] {
        func seconds(_ time: Timestamp) -> String { fixed(time.seconds, 3) }
        do {
            let answer: Answered<MetricsAnswer> = try await metrics(
                "query_range",
                [
                    "query": expression, "start": seconds(start), "end": seconds(end), "step": fixed(step.seconds, 3),
                ])
            guard case .series(let series) = answer.data.result else { return [] }
            return series
        } catch let refused as QueryRefused {
            throw refused.failure(in: expression)
        }
    }
}
