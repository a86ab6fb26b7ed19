import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Ports
import Values

/// One request to make: JSON to a receiver's address.
struct Message: Sendable {
    var url: String
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]
}

/// Makes requests and says what became of them, without ever telling the secret part of an address.
struct Poster: Sendable {
    let client: HTTPClient
    let userAgent: String
    let timeout: TimeAmount

    private static let longestAnswer = 16_384
    private static let shownAnswer = 200

    func post(_ message: Message) async -> DeliveryAnswer {
        guard let address = ReceiverAddress(message.url) else {
            return .refused(answer: "the address is not a valid http or https URL")
        }
        var request = HTTPClientRequest(url: message.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: userAgent)
        for header in message.headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(message.body)
        do {
            let response = try await client.execute(request, timeout: timeout)
            return answer(to: response.status, response.headers, await text(of: response.body), address)
        } catch {
            return failure(error, address)
        }
    }

    /// The beginning of the answer's body; what cannot be read does not change what the status says.
    private func text(of body: HTTPClientResponse.Body) async -> String {
        var bytes: [UInt8] = []
        do {
            for try await buffer in body {
                bytes += buffer.readableBytesView.prefix(Self.longestAnswer - bytes.count)
                if bytes.count >= Self.longestAnswer { break }
            }
        } catch {
            return ""
        }
        let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        return String(
            String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    private func answer(
        to status: HTTPResponseStatus, _ headers: HTTPHeaders, _ text: String, _ address: ReceiverAddress
    ) -> DeliveryAnswer {
        var words = "HTTP \(status.code) \(status.reasonPhrase)"
        let shown = address.masked(in: text).prefix(Self.shownAnswer)
        if !shown.isEmpty { words += ": \(shown)" }
        switch status.code {
        case 200..<300: return .delivered(answer: words)
        case 300..<400: return .refused(answer: "\(words) (a redirect, which is not followed)")
        case 408, 425, 429, 500...:
            let after = headers.first(name: "Retry-After").flatMap {
                retryAfter($0, now: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
            }
            return .retry(answer: words, after: after)
        default: return .refused(answer: words)
        }
    }

    private func failure(_ error: any Error, _ address: ReceiverAddress) -> DeliveryAnswer {
        let place = address.shown
        guard let known = error as? HTTPClientError else {
            // Errors of the connection itself; their own words may hold anything, so they are not repeated.
            return .retry(answer: "\(place): the connection could not be made or was lost", after: nil)
        }
        switch known {
        case .invalidURL, .emptyHost, .emptyScheme:
            return .refused(answer: "the address is not a valid http or https URL")
        case .deadlineExceeded, .readTimeout, .connectTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            return .retry(answer: "\(place): no answer within \(timeout.nanoseconds / 1_000_000_000) s", after: nil)
        case .remoteConnectionClosed:
            return .retry(answer: "\(place): the connection was closed without an answer", after: nil)
        default:
            return .retry(answer: "\(place): the request failed (\(known.shortDescription))", after: nil)
        }
    }
}

/// A receiver's address, whose path and query are often its password.
struct ReceiverAddress {
    /// `https://hooks.example.com/…`
    let shown: String
    private let secrets: [String]

    /// Fails unless it is http or https with a host.
    init?(_ text: String) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(), !host.isEmpty
        else { return nil }
        let port = url.port.map { ":\($0)" } ?? ""
        shown = "\(scheme)://\(host)\(port)/…"
        let parts = [url.path(), url.query() ?? "", url.user() ?? "", url.password() ?? ""]
        // Whole, and piece by piece for an answer that quotes only the token.
        secrets = (parts + parts.flatMap { $0.split(whereSeparator: { "/&=".contains($0) }).map(String.init) })
            .filter { $0.count >= 6 }.sorted { $0.count > $1.count }
    }

    func masked(in text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "…") }
    }
}
