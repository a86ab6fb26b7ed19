import Glibc
import Ports
import PromQL
import QueryJSON
import Values

/// What Prometheus' API tells about the server itself.
struct StatusAnswers {
    let route: MetricsRoute
    let fields: QueryFields
    let desk: MetricsDesk

    /// The release of Prometheus whose API and query language this is: clients choose by it what they ask for.
    static let level = "3.5.0"

    func reply() throws(QueryFailure) -> HotReply {
        switch route {
        case .targets:
            return success(
                TargetList(
                    desk.work?.targets() ?? TargetsStatus(), state: fields["state"], pool: fields["scrapePool"]))
        case .scrapePools: return success(ScrapePools(scrapePools: desk.work?.targets().pools ?? []))
        case .targetMetadata: return success([String]())
        case .rules: return success(try RuleList(desk.work?.ruleGroups() ?? [], RuleFilter(fields)))
        case .alerts: return success(AlertList(desk.work?.ruleGroups() ?? []))
        case .snapshot: return try snapshot()
        case .alertmanagers: return success(Alertmanagers())
        case .status(.buildinfo): return success(BuildInfo())
        case .status(.config): return success(Config())
        case .status(.flags): return success(flags)
        case .status(.runtimeinfo): return success(runtime)
        case .status(.walreplay): return success(Replay())
        case .status(.tsdb): return success(try storage())
        default: throw QueryFailure(status: 404, type: "not_found", message: "there is no such route")
        }
    }

    private struct Envelope<Data: Encodable>: Encodable {
        var status = "success"
        var data: Data
    }

    private func success(_ data: some Encodable) -> HotReply {
        HotReply(json: JSONText.encode(Envelope(data: data)))
    }

    private struct Snapshot: Encodable {
        var name: String
        /// On the server's machine.
        var folder: String
    }

    private func snapshot() throws(QueryFailure) -> HotReply {
        if try fields.flag("skip_head") { throw .parameter("skip_head", "a snapshot always holds everything") }
        var generator = SystemRandomNumberGenerator()
        let time = currentTime().description.filter { $0.isNumber || $0.isLetter }
        let name = "\(time)-\(String(generator.next() as UInt64, radix: 16))"
        do throws(MetricsRefusal) {
            return success(Snapshot(name: name, folder: try desk.keeper.snapshot(named: name)))
        } catch {
            throw QueryFailure(status: 503, type: "unavailable", message: "\(error)")
        }
    }

    private struct Alertmanagers: Encodable {
        var activeAlertmanagers: [String] = []
        var droppedAlertmanagers: [String] = []
    }

    private struct BuildInfo: Encodable {
        var application = "Halcyon"
        var version = StatusAnswers.level
        var revision = ""
        var branch = ""
        var buildUser = ""
        var buildDate = ""
        var goVersion = ""
    }

    /// There is no configuration file of Prometheus' here.
    private struct Config: Encodable { var yaml = "" }

    private struct Replay: Encodable {
        var min = 0
        var max = 0
        var current = 0
        var state = "done"
    }

    private var flags: [String: String] {
        let serving = desk.queries.serving
        let condition = desk.keeper.condition()
        return [
            "query.lookback-delta": "\(Period(milliseconds: serving.lookback))",
            "query.max-concurrency": "\(serving.concurrency)", "query.max-samples": "\(serving.samples)",
            "query.timeout": "\(Period(milliseconds: serving.timeout))",
            "storage.tsdb.retention.size": "\(ByteSize(bytes: condition.retentionBytes))",
            "storage.tsdb.retention.time": "\(Period(milliseconds: condition.retentionAge))",
        ]
    }

    private struct Runtime: Encodable {
        var startTime: String
        var CWD: String
        var hostname: String
        var serverTime: String
        var reloadConfigSuccess = true
        var lastConfigTime: String
        var corruptionCount: Int
        var goroutineCount = 0
        var GOMAXPROCS: Int
        var GOMEMLIMIT = 0
        var GOGC = ""
        var GODEBUG = ""
        var storageRetention: String
    }

    private var runtime: Runtime {
        let condition = desk.keeper.condition()
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let hostname = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        return Runtime(
            startTime: "\(desk.startedAt)", CWD: "", hostname: hostname, serverTime: "\(currentTime())",
            lastConfigTime: "\(desk.startedAt)", corruptionCount: condition.notices.count,
            GOMAXPROCS: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            storageRetention: "\(Period(milliseconds: condition.retentionAge))")
    }

    private struct Storage: Encodable {
        struct Head: Encodable {
            var numSeries: Int
            var numLabelPairs: Int
            var minTime: Int64
            var maxTime: Int64
        }

        struct Entry: Encodable {
            var name: String
            var value: Int
        }

        var headStats: Head
        var seriesCountByMetricName: [Entry]
        var labelValueCountByLabelName: [Entry]
        var memoryInBytesByLabelName: [Entry] = []
        var seriesCountByLabelValuePair: [Entry]
        /// Not Prometheus'.
        var samplesOverLimitBySource: [Entry]
    }

    private func storage() throws(QueryFailure) -> Storage {
        let condition = desk.keeper.condition()
        if condition.series == 0, let problem = condition.problem {
            throw QueryFailure(status: 503, type: "unavailable", message: problem)
        }
        let limit = try fields.limit()
        guard limit <= 10_000 else { throw .parameter("limit", "limit must not exceed 10000") }
        let cardinality = desk.keeper.cardinality(limit: limit == 0 ? 10 : limit)
        func entries(_ entries: [MetricsCardinality.Entry]) -> [Storage.Entry] {
            entries.map { Storage.Entry(name: $0.name, value: $0.count) }
        }
        return Storage(
            headStats: Storage.Head(
                numSeries: cardinality.series, numLabelPairs: cardinality.pairCount,
                minTime: condition.oldestTime ?? condition.newestTime ?? .max, maxTime: condition.newestTime ?? .min),
            seriesCountByMetricName: entries(cardinality.metrics),
            labelValueCountByLabelName: entries(cardinality.labels),
            seriesCountByLabelValuePair: entries(cardinality.pairs),
            samplesOverLimitBySource: entries(Array(condition.overLimit.prefix(limit == 0 ? 10 : limit))))
    }
}
