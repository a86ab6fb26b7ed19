import Glibc
import Synchronization

extension MetricsStore {
    /// Copies the store into a new folder while it runs. The copy is a store itself: it holds everything that was acknowledged before,
    /// and perhaps some of what came meanwhile. Blocks are linked, where the file system can, and take no room.
    ///
    /// - Throws: `StoreError` when the folder is not empty or cannot be written; then what was written is left there.
    public func backUp(to folder: String) throws(StoreError) {
        try passages.withLock { _ in Result { () throws(StoreError) in try copy(to: folder) } }.get()
    }

    private func copy(to folder: String) throws(StoreError) {
        for name in ["wal", "head", "blocks", "damaged"] { try Folder.create("\(folder)/\(name)") }
        guard try Folder.names("\(folder)/blocks").isEmpty, try Folder.names("\(folder)/head").isEmpty,
            try !Folder.names(folder).contains(where: { $0.hasPrefix("checkpoint-") })
        else { throw .damaged(path: folder, reason: "there is a store already") }
        try checkpoint()
        // No pass of the maintenance runs meanwhile: blocks, and what the checkpoint tells of, stay where they are.
        for block in blocks.withLock({ $0 }) {
            let name = block.path.split(separator: "/").last.map(String.init) ?? ""
            try Folder.link(block.path, to: "\(folder)/blocks/\(name)")
        }
        for name in try Folder.names("\(path)/head") {
            let file = try File("\(path)/head/\(name)")
            try Folder.copy(file, length: file.length, to: "\(folder)/head/\(name)")
        }
        for name in try Folder.names(path) where name.hasPrefix("checkpoint-") && !name.hasSuffix(".tmp") {
            let file = try File("\(path)/\(name)")
            try Folder.copy(file, length: file.length, to: "\(folder)/\(name)")
        }
        for name in ["blocks", "head", ""] { try Folder.sync("\(folder)/\(name)") }
    }
}
