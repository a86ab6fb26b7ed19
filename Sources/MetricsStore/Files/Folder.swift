import Glibc

/// What is done with whole files and folders.
enum Folder {
    static func create(_ path: String) throws(StoreError) {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/\(part)"
            if mkdir(built, 0o700) != 0, errno != EEXIST { throw .last("create", built) }
        }
    }

    /// The names of what a folder holds, sorted.
    static func names(_ path: String) throws(StoreError) -> [String] {
        guard let folder = opendir(path) else { throw .last("read", path) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes what was created, renamed or removed in a folder last.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw .last("write", path) }
    }

    static func rename(_ old: String, to new: String) throws(StoreError) {
        if Glibc.rename(old, new) != 0 { throw .last("rename", old) }
    }

    /// Removes a file; it may be gone already.
    static func remove(_ path: String) { unlink(path) }

    /// The length of a file in bytes; 0 when there is none.
    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// A second name for a file, or a copy of it where that is not possible.
    static func link(_ old: String, to new: String) throws(StoreError) {
        if Glibc.link(old, new) == 0 { return }
        let source = try File(old)
        try copy(source, length: source.length, to: new)
    }

    static func copy(_ source: File, length: Int, to path: String) throws(StoreError) {
        let mapping = try Mapping(source, length: length)
        try write(mapping.bytes, to: path)
    }

    /// Writes a file so that it is either whole or not there: beside its place first, then renamed.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(StoreError) {
        let temporary = path + ".tmp"
        do throws(StoreError) {
            let file = try File(temporary, O_CREAT | O_TRUNC)
            try file.write(bytes)
            try file.sync()
            try rename(temporary, to: path)
        } catch {
            remove(temporary)
            throw error
        }
    }

    /// Keeps other processes out of a folder until the answered file is closed.
    static func lock(_ path: String) throws(StoreError) -> File {
        let file = try File("\(path)/lock", O_CREAT)
        // One that was just killed may still be on its way out.
        for attempt in 0..<10 {
            if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { return file }
            if attempt < 9 { usleep(100_000) }
        }
        throw .inUse(path: path)
    }
}
