import Chunks
import Glibc
import Synchronization

/// The sealed chunks of the head, in memory-mapped files of fixed size to which is only appended.
///
/// Room is taken from the disk when a file is begun, so that writing cannot fail. Nothing here is synced but by `sync`: until a
/// checkpoint the log has the same samples. One thread at a time appends.
///
/// Unchecked: `files` is behind its mutex, and the rest is the appending thread's.
final class ChunkArea: @unchecked Sendable {
    private let folder: String
    private let fileLength: Int
    private let files = Mutex<[UInt32: (file: File, mapping: Mapping)]>([:])
    private var current: Mapping?
    private(set) var number: UInt32 = 0
    private(set) var used = 0

    init(folder: String, fileLength: Int = 16 << 20) {
        self.folder = folder
        self.fileLength = fileLength
    }

    static func path(_ folder: String, _ number: UInt32) -> String { "\(folder)/\(LogSegment.name(Int(number)))" }

    /// Opens the files that a checkpoint tells of; what was appended behind it is forgotten.
    /// - Parameter isLast: appending goes on in this one, behind what is used.
    func open(_ number: UInt32, used: Int, isLast: Bool) throws(StoreError) {
        let file = try File(ChunkArea.path(folder, number))
        guard file.length >= used else { throw .damaged(path: file.path, reason: "it is shorter than it was") }
        if file.length < fileLength { try file.reserve(fileLength) }
        let mapping = try Mapping(file, length: max(fileLength, file.length), isWritable: true)
        files.withLock { $0[number] = (file, mapping) }
        self.number = max(self.number, number)
        if isLast { (current, self.used) = (mapping, used) }
    }

    /// Appends bytes; answers where they lie. The file number is 0 for none.
    func append(_ head: [UInt8], _ bytes: UnsafeRawBufferPointer) throws(StoreError) -> (file: UInt32, offset: UInt32) {
        let length = head.count + bytes.count
        if current == nil || used + length > fileLength { try beginFile() }
        guard let current, length <= fileLength else {
            throw .damaged(path: folder, reason: "a chunk of \(length) bytes is too long")
        }
        let offset = used
        let target = UnsafeMutableRawBufferPointer(rebasing: current.writable[offset..<offset + length])
        target.copyBytes(from: head)
        UnsafeMutableRawBufferPointer(rebasing: target[head.count...]).copyMemory(from: bytes)
        used += length
        return (number, UInt32(offset))
    }

    private func beginFile() throws(StoreError) {
        let path = ChunkArea.path(folder, number + 1)
        do throws(StoreError) {
            let file = try File(path, O_CREAT | O_TRUNC)
            try file.reserve(fileLength)
            let mapping = try Mapping(file, length: fileLength, isWritable: true)
            try Folder.sync(folder)
            current?.forgetPages()
            current = mapping
            used = 0
            number += 1
            files.withLock { $0[number] = (file, mapping) }
        } catch {
            Folder.remove(path)
            throw error
        }
    }

    func mapping(_ number: UInt32) -> Mapping? { files.withLock { $0[number]?.mapping } }

    /// The mappings of now, for readers.
    var mappings: [UInt32: Mapping] { files.withLock { $0.mapValues(\.mapping) } }

    /// The numbers of the files, in order.
    var numbers: [UInt32] { files.withLock { $0.keys.sorted() } }

    /// Returns when everything appended is on the disk.
    func sync() throws(StoreError) {
        for file in files.withLock({ $0.values.map(\.file) }) { try file.sync() }
    }

    /// Removes files that nothing refers to any more; who still reads them keeps their memory.
    func remove(_ unused: [UInt32]) {
        for number in unused {
            files.withLock { _ = $0.removeValue(forKey: number) }
            Folder.remove(ChunkArea.path(folder, number))
        }
    }
}
