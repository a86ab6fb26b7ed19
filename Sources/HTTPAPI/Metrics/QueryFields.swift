import NIOHTTP1
import PromQL
import Series
import Values

/// The fields of a query, from its address and its form.
struct QueryFields: Sendable {
    let pairs: [(name: String, value: String)]

    init(_ pairs: [(name: String, value: String)]) { self.pairs = pairs }

    /// The first value that is not empty: the form's come before the address's.
    subscript(name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// A time in milliseconds since the epoch: seconds with a fraction, or RFC 3339.
    func time(_ name: String, default fallback: Int64? = nil) throws(QueryFailure) -> Int64 {
        guard let text = self[name] else {
            if let fallback { return fallback }
            throw .parameter(name, "cannot parse \"\" to a valid timestamp")
        }
        if let seconds = Double(text), seconds.magnitude < 4e15 { return Int64((seconds * 1000).rounded()) }
        if let time = Timestamp(text) { return time.milliseconds }
        throw .parameter(name, "cannot parse \(quoted(text)) to a valid timestamp")
    }

    /// A length of time in milliseconds: seconds with a fraction, or such as `1h30m`.
    func duration(_ name: String) throws(QueryFailure) -> Int64? {
        guard let text = self[name] else { return nil }
        if let seconds = Double(text) {
            guard seconds.magnitude < 9.2e9 else {
                throw .parameter(name, "cannot parse \(quoted(text)) to a valid duration. It overflows int64")
            }
            return Int64((seconds * 1000).rounded())
        }
        if let milliseconds = parseDuration(text) { return milliseconds }
        throw .parameter(name, "cannot parse \(quoted(text)) to a valid duration")
    }

    /// How many at most; 0 is no limit.
    func limit(_ name: String = "limit") throws(QueryFailure) -> Int {
        guard let text = self[name] else { return 0 }
        guard let limit = Int(text) else { throw .parameter(name, "cannot parse \(quoted(text)) to a number") }
        guard limit >= 0 else { throw .parameter(name, "limit must be non-negative") }
        // One more must still be a number.
        return min(limit, Int(Int32.max))
    }

    /// A whole number.
    func number(_ name: String) throws(QueryFailure) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text) else { throw .bad("\(name) must be a number") }
        return min(number, Int(Int32.max))
    }

    /// A truth value as Prometheus takes it; false without one.
    func flag(_ name: String) throws(QueryFailure) -> Bool {
        guard let text = self[name] else { return false }
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default: throw .parameter(name, "cannot parse \(quoted(text)) to a truth value: it is true or false")
        }
    }

    /// The selectors of `match[]`.
    func matchers() throws(QueryFailure) -> [[LabelMatcher]] {
        var lists: [[LabelMatcher]] = []
        for text in all("match[]") {
            do throws(PromQLError) {
                lists.append(try parseSelector(text))
            } catch {
                throw .parameter("match[]", error.answer)
            }
        }
        return lists
    }

    /// The stretch from `start` through `end`, as a store is asked for it.
    func stretch() throws(QueryFailure) -> (after: Int64, through: Int64) {
        let start = try time("start", default: .min / 4)
        let end = try time("end", default: .max / 4)
        guard start <= end else { throw .parameter("end", "end timestamp must not be before start timestamp") }
        return (start - 1, end)
    }

    func quoted(_ text: String) -> String { "\"\(text)\"" }
}

/// Why a query has no answer.
struct QueryFailure: Error, Sendable {
    var status: Int
    var type: String
    var message: String
    /// After so many seconds it may be asked again.
    var retryAfter: Int?

    static let ending = QueryFailure(status: 503, type: "unavailable", message: "the server is ending")

    static func parameter(_ name: String, _ message: String) -> QueryFailure {
        .bad("invalid parameter \"\(name)\": \(message)")
    }

    static let tooLarge = QueryFailure(
        status: 422, type: "execution",
        message: "the answer would take more than \(QueryCall.maximumAnswer >> 20) MiB: ask for less")

    static func bad(_ message: String) -> QueryFailure { QueryFailure(status: 400, type: "bad_data", message: message) }

    init(status: Int, type: String, message: String, retryAfter: Int? = nil) {
        (self.status, self.type, self.message, self.retryAfter) = (status, type, message, retryAfter)
    }

    init(_ error: PromQLError) {
        switch error.kind {
        case .badExpression: self = .parameter("query", error.answer)
        case .execution: self.init(status: 422, type: "execution", message: error.answer)
        case .timedOut: self.init(status: 503, type: "timeout", message: error.answer)
        case .cancelled: self.init(status: 503, type: "canceled", message: error.answer)
        }
    }

    init(_ error: QueryError) {
        switch error {
        case .tooManySeries(let limit):
            self.init(status: 422, type: "execution", message: "the query touches more than \(limit) series")
        case .tooManySamples(let limit):
            self.init(status: 422, type: "execution", message: "the query touches more than \(limit) samples")
        case .unavailable(let reason): self.init(status: 503, type: "unavailable", message: reason)
        case .cancelled: self.init(status: 503, type: "canceled", message: "query was canceled in query execution")
        case .timedOut: self.init(status: 503, type: "timeout", message: "query timed out in query execution")
        case .tooMuchMemory:
            self.init(
                status: 422, type: "execution",
                message: "query processing would load too many samples into memory in query execution")
        case .invalidMatcher(let reason): self = .bad(reason)
        }
    }

    var reply: HotReply {
        var reply = HotReply.failure(status, type, message)
        if let retryAfter { reply.headers.add(name: "retry-after", value: "\(retryAfter)") }
        return reply
    }
}
