import Glibc

/// The bytes of a file in memory, as long as somebody needs them.
///
/// Unchecked: the memory is shared by the kernel; the only writer of a writable mapping (`ChunkArea`) writes each byte once,
/// before anybody is told of it.
final class Mapping: @unchecked Sendable {
    let path: String
    private let memory: UnsafeMutableRawPointer?
    private let length: Int

    /// Maps the first `length` bytes.
    init(_ file: File, length: Int, isWritable: Bool = false) throws(StoreError) {
        path = file.path
        self.length = length
        guard length > 0 else {
            memory = nil
            return
        }
        let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
        guard let mapped = mmap(nil, length, protection, MAP_SHARED, file.descriptor, 0), mapped != MAP_FAILED
        else { throw .last("map", file.path) }
        memory = mapped
    }

    deinit { if let memory { munmap(memory, length) } }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: memory == nil ? 0 : length) }

    var writable: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory, count: memory == nil ? 0 : length)
    }

    /// Lets the kernel take the pages back from this process's memory; they are read again when needed.
    func forgetPages() {
        if let memory { madvise(memory, length, MADV_DONTNEED) }
    }
}
