import FoundationEssentials
public import Wire

/// Where a backend is, and how it knows us. What is secret comes from files, which are read again when they change.
public struct BackendSettings: Hashable, Sendable {
    /// Without a slash at its end.
    public var url: String
    /// `Name: value` in each line.
    public var headersFile: String?
    public var bearerTokenFile: String?
    /// Certificates of the authorities that are trusted, PEM; else the system's.
    public var authorities: String?

    /// - Throws: when it is not a URL of http or https with a host, or holds a password.
    public init(url text: String, option: String) throws(Problem) {
        // First of all: what holds a secret is not repeated.
        guard !text.contains("@") else {
            throw Problem(
                .invalid, "\(option) must not hold a user or password: everybody on this machine could see them",
                hint: "put a line 'Authorization: Basic …' into a file, and give that as \(option.headersOption)")
        }
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(), !host.isEmpty, url.fragment() == nil
        else {
            throw Problem(
                .invalid, "\(option) is an address such as http://prometheus:9090, not '\(text.prefix(200))'")
        }
        self.url = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// The address without its query, which may be secret.
    public var shown: String { String(url.prefix { $0 != "?" }) }
}

extension String {
    /// The option that names a file of headers, beside one that names an address.
    fileprivate var headersOption: String { replacing("-url", with: "-headers-file") }
}
