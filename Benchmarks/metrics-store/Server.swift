import Glibc
import MetricsFormats
import MetricsStore
import Synchronization

/// As little HTTP as the load generator needs: a thread for each connection, so that the store is measured and not a server.
final class Server: Sendable {
    private let store: MetricsStore
    private let listener: Int32

    init(_ store: MetricsStore, port: UInt16) throws {
        self.store = store
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0, listen(listener, 64) == 0 else {
            print("cannot listen on port \(port)")
            exit(1)
        }
    }

    func run() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { continue }
            var one: Int32 = 1
            setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
            Thread { [self] in serve(connection) }.start()
        }
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        var decoder = RemoteWriteDecoder()
        var batch = IngestBatch()
        var input = [UInt8](repeating: 0, count: 1 << 20)
        var filled = 0
        while true {
            guard let head = readHead(connection, &input, &filled) else { return }
            let total = head.length + head.body
            while filled < total {
                if input.count < total { input.append(contentsOf: repeatElement(0, count: total - input.count)) }
                let count = input.withUnsafeMutableBytes {
                    read(connection, $0.baseAddress.map { $0 + filled }, $0.count - filled)
                }
                guard count > 0 else { return }
                filled += count
            }
            let answer: String
            if head.isFigures {
                answer = figures()
            } else if head.isFlush {
                answer = flush()
            } else {
                answer = write(input, head.length..<total, &decoder, &batch)
            }
            let bytes = Array(answer.utf8)
            guard Glibc.write(connection, bytes, bytes.count) == bytes.count else { return }
            input.withUnsafeMutableBytes { raw in
                _ = raw.baseAddress.map { memmove($0, $0 + total, filled - total) }
            }
            filled -= total
        }
    }

    private struct Head {
        var length: Int
        var body: Int
        var isFigures: Bool
        var isFlush: Bool
    }

    private func readHead(_ connection: Int32, _ input: inout [UInt8], _ filled: inout Int) -> Head? {
        while true {
            if let end = headEnd(input, filled) {
                let text = String(decoding: input[..<end], as: UTF8.self)
                let length =
                    text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) } ?? 0
                return Head(
                    length: end, body: length, isFigures: text.hasPrefix("GET /figures"),
                    isFlush: text.hasPrefix("POST /flush"))
            }
            let count = input.withUnsafeMutableBytes {
                read(connection, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            guard count > 0 else { return nil }
            filled += count
        }
    }

    private func headEnd(_ input: [UInt8], _ filled: Int) -> Int? {
        guard filled >= 4 else { return nil }
        for index in 3..<filled where input[index] == 10 && input[index - 2] == 10 { return index + 1 }
        return nil
    }

    private func write(
        _ input: [UInt8], _ body: Range<Int>, _ decoder: inout RemoteWriteDecoder, _ batch: inout IngestBatch
    ) -> String {
        do {
            try input.withUnsafeBytes {
                try decoder.decode(UnsafeRawBufferPointer(rebasing: $0[body]), .one, into: &batch)
            }
            _ = try store.ingest(batch)
            if let problem = wait() { throw problem }
            return "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
        } catch {
            let text = "\(error)"
            return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        }
    }

    /// Waits until everything is on the disk.
    private func wait() -> StoreError? {
        let gate = Gate()
        store.whenDurable { gate.open($0) }
        return gate.wait()
    }

    private func figures() -> String {
        let text =
            "{\"cpu_s\":\(processSeconds()),\"rss_bytes\":\(residentBytes()),\"series\":\(store.seriesCount),"
            + "\"block_bytes\":\(store.blockFigures.bytes),\"block_samples\":\(store.blockFigures.samples)}\n"
        return "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
    }

    private func flush() -> String {
        do { try store.tidyNow() } catch { print("\(error)") }
        return figures()
    }
}

func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 200)
    guard fgets(&text, 200, file) != nil else { return 0 }
    let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
}
