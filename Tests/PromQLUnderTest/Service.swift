import Documents
import PromQL
import QueryJSON
import Series

/// Answers one request after the other.
struct Service {
    private let source = MemorySource()
    private let done = Array("{\"status\":\"success\"}".utf8)

    func load(_ request: Node) -> [UInt8] {
        for series in items(request["series"]) {
            let labels = Labels(entries(series["labels"]).map { ($0.key, text($0.value)) })
            let samples = items(series["samples"]).map { sample in
                let parts = items(sample)
                let isHistogram = !entries(parts[1]).isEmpty
                return (
                    time: integer(parts[0]), value: isHistogram ? .nan : number(parts[1]),
                    histogram: isHistogram ? histogram(parts[1]) : nil,
                    start: parts.count > 2 ? integer(parts[2]) : Int64(0)
                )
            }
            source.add(labels, samples)
        }
        return done
    }

    func evaluate(_ prepared: PreparedQuery, at time: Int64) throws(PromQLError) -> [UInt8] {
        var sets: [any SeriesSet] = []
        for request in prepared.selections {
            do throws(RegularExpressionError) {
                sets.append(try source.select(request))
            } catch {
                throw PromQLError(error.description)
            }
        }
        return QueryBody.success(try prepared.evaluate(with: sets), at: time)
    }

    func answer(_ line: String) -> [UInt8] {
        guard let request = JSONParser.parse(Array(line.utf8), file: "line").node else {
            return QueryBody.failure(type: "bad_data", "the line is no JSON")
        }
        do throws(PromQLError) {
            switch text(request["op"]) {
            case "clear":
                source.clear()
                return done
            case "load": return load(request)
            case "query":
                let time = integer(request["time"])
                return try evaluate(try Query(text(request["query"])).prepared(at: time), at: time)
            case "query_range":
                let prepared = try Query(text(request["query"])).prepared(
                    from: integer(request["start"]), through: integer(request["end"]), step: integer(request["step"]))
                return try evaluate(prepared, at: 0)
            case "format": return QueryBody.formatted(try parse(text(request["query"])))
            case "parse": return QueryBody.parsed(try parse(text(request["query"])))
            default: return QueryBody.failure(type: "bad_data", "unknown operation")
            }
        } catch {
            return QueryBody.failure(error)
        }
    }
}
