import MetricsFormats
import MetricsStore

/// Brings the samples of a fleet in, and prints what that costs: processor time of decoding, looking up, appending, logging and
/// waiting for the disk, without HTTP; memory a series; bytes a sample once all is in blocks.
func measure(_ store: MetricsStore, series: Int, steps: Int) throws {
    var fleet = Fleet(hosts: series / Fleet.seriesPerHost)
    var decoder = RemoteWriteDecoder()
    var batch = IngestBatch()
    let before = residentBytes()
    var (spent, samples) = (0.0, 0)
    for step in 0..<steps {
        let bodies = fleet.bodies(at: 1_700_000_000_000 + Int64(step) * 15_000)
        let begin = processSeconds()
        for body in bodies {
            try body.withUnsafeBytes { try decoder.decode($0, .one, into: &batch) }
            samples += try store.ingest(batch).accepted
            let gate = Gate()
            store.whenDurable { gate.open($0) }
            if let problem = gate.wait() { throw problem }
        }
        spent += processSeconds() - begin
    }
    let after = residentBytes()
    print(
        "{\"series\":\(store.seriesCount),\"samples\":\(samples),\"cpu_s_per_million\":\(spent / Double(samples) * 1e6),"
            + "\"rss_bytes_per_series\":\((after - before) / max(1, store.seriesCount))}")
    let begin = processSeconds()
    try store.tidyNow()
    let blocks = store.blockFigures
    // Only what is older than an hour, and ends a stretch of two, is in blocks.
    guard blocks.samples > 0 else { return }
    print(
        "{\"blocks\":\(blocks.count),\"samples\":\(blocks.samples),"
            + "\"flush_cpu_s_per_million\":\((processSeconds() - begin) / Double(blocks.samples) * 1e6),"
            + "\"bytes_per_sample\":\(Double(blocks.bytes) / Double(blocks.samples))}")
}
