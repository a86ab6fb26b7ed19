public import Series

extension MetricsStore: Queryable {
    /// What one check may touch at most, so that a selector that finds everything does not hold the others up.
    static let limits = (series: 50_000, samples: 1_000_000)

    public func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
        var request = request
        if request.limitSeries == 0 { request.limitSeries = MetricsStore.limits.series }
        if request.limitSamples == 0 { request.limitSamples = MetricsStore.limits.samples }
        return try selection(request)
    }
}
