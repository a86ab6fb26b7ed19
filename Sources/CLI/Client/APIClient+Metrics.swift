import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// The routes of the query API.
extension APIClient {
    /// An answer with what the user should know besides.
    struct Answered<Data: Decodable & Sendable>: Decodable, Sendable {
        var data: Data
        var warnings: [String]?
        var infos: [String]?
    }

    private struct Failed: Decodable {
        var errorType: String
        var error: String
    }

    /// Asks a route of the query API with a form.
    /// - Throws: `QueryRefused` with the server's words.
    func metrics<Data: Decodable & Sendable>(
        _ route: String, _ fields: [String: String?] = [:], method: HTTPMethod? = nil
    ) async throws -> Answered<Data> {
        var fields = fields
        // So that the server says what took so long, before the connection is taken for dead.
        if route.hasPrefix("query") { fields["timeout"] = "40s" }
        var request = request(method ?? (fields.isEmpty ? .GET : .POST), Path(parts: []))
        request.url = "\(location.address)/prometheus/api/v1/\(route)"
        if !fields.isEmpty {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: Path.form(fields)))
        }
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            response = try await http.execute(request, timeout: method == nil ? .minutes(3) : .hours(2))
            body = try await response.body.collect(upTo: APIClient.answerLimit)
        } catch {
            throw unreachable(error)
        }
        let bytes = FoundationEssentials.Data(body.readableBytesView)
        guard response.status == .ok else {
            guard let failed = try? JSONDecoder().decode(Failed.self, from: bytes) else {
                throw CommandFailure.failed(
                    "\(location.address) answered \(request.url) with \(response.status.code): is it a Halcyon server?")
            }
            throw QueryRefused(type: failed.errorType, message: failed.error)
        }
        guard let answer = try? JSONDecoder().decode(Answered<Data>.self, from: bytes) else {
            throw CommandFailure.failed(
                "\(location.address) answered \(request.url) with something this program does not understand;"
                    + " compare both releases with: halcyon version")
        }
        return answer
    }
}

/// Why a query has no answer.
struct QueryRefused: Error {
    var type: String
    var message: String

    /// The message, with the expression and a mark under the place that is to blame.
    func failure(in expression: String) -> CommandFailure {
        var message = message
        let prefix = "invalid parameter \"query\": "
        if message.hasPrefix(prefix) { message = String(message.dropFirst(prefix.count)) }
        var text = message
        let parts = message.split(separator: ":", maxSplits: 2)
        if parts.count == 3, let line = Int(parts[0]), let column = Int(parts[1]) {
            let lines = expression.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.indices.contains(line - 1), column >= 1 {
                // Columns count bytes.
                let before = String(decoding: lines[line - 1].utf8.prefix(column - 1), as: UTF8.self)
                let gap = before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: displayWidth($0)) }.joined()
                text += "\n  \(lines[line - 1])\n  \(gap)^"
            }
        }
        return type == "bad_data" ? .wrongCall(text) : .failed(text)
    }
}
