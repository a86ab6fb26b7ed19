import Glibc

/// An open file, closed with its last reference.
final class Descriptor {
    let raw: Int32

    /// - Returns: `nil` with `errno` set when it cannot be opened.
    init?(_ path: String, _ flags: Int32, mode: mode_t = 0) {
        // Opened before it is stored: a half-made object would be closed, and change `errno`.
        let opened = open(path, flags | O_CLOEXEC, mode)
        if opened < 0 { return nil }
        raw = opened
    }

    deinit { close(raw) }

    /// Up to `count` bytes; empty at the end of the file, `nil` with `errno` set on an error.
    func read(upTo count: Int) -> [UInt8]? {
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            repeat { result = Glibc.read(raw, buffer.baseAddress, count) } while result < 0 && errno == EINTR
            initialized = max(0, result)
        }
        return result < 0 ? nil : bytes
    }

    /// Whether all of `bytes` were written; `errno` says why not.
    func write(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let written = Glibc.write(raw, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if written < 0, errno != EINTR { return false }
                done += max(0, written)
            }
            return true
        }
    }
}

extension ArchiveError {
    /// What `errno` says about `path`.
    static func system(_ kind: Kind, entry: String? = nil, _ doing: String, errno code: Int32 = errno) -> ArchiveError {
        ArchiveError(kind, entry: entry, "cannot \(doing): \(String(cString: strerror(code)))")
    }
}
