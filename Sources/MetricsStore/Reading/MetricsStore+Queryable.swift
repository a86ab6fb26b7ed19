public import Series

extension MetricsStore: Queryable {
    /// How many series a check may find, and how many samples one of them may have, so that a selector that finds everything does
    /// not hold the others up. Who adds series up limits the samples of all.
    static let limits = (series: 50_000, samples: 1_000_000)

    public func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
        var request = request
        if request.limitSeries == 0 { request.limitSeries = MetricsStore.limits.series }
        if request.limitSamples == 0 { request.limitSamples = MetricsStore.limits.samples }
        return try selection(request)
    }
}
