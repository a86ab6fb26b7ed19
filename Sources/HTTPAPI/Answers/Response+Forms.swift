import HTTPTypes
import HummingbirdCore
import NIOCore
import Wire

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: JSONText.encode(value))))
    }

    static func list<Item>(_ items: [Item]) -> Response where Item: Hashable & Codable & Sendable {
        json(Listing(items))
    }

    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    static var nothing: Response { Response(status: .noContent) }

    init(_ refusal: Refusal) {
        self = .json(refusal.problem, status: HTTPResponse.Status(code: refusal.status))
        for (name, value) in refusal.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        if refusal.closes { headers[.connection] = "close" }
    }
}
