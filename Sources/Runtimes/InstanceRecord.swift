public import Supervision
import Values

/// What is kept on disk of an instance, so that the next agent finds it: written before the process is started, and again
/// with its identity once it runs.
public struct InstanceRecord: Hashable, Codable, Sendable {
    public static let currentFormat = 1

    public var format = InstanceRecord.currentFormat
    public var service: String
    public var instance: Instance
    /// `nil` until the process runs.
    public var process: ProcessIdentity?
    /// Where it serves, when that is known.
    public var address: ListenAddress?
    /// Identifies the listening socket that it was given.
    public var socketInode: Int64?
    /// Its private listening socket for probes, on the loopback address.
    public var probePort: UInt16?
    public var notifyPath: String?
    public var log: String

    public init(service: String, instance: Instance, log: String) {
        self.service = service
        self.instance = instance
        self.log = log
    }
}

/// The records of all instances on the host, one file each.
public struct InstanceRecords: Sendable {
    let folder: String
    /// Asked before each write; lets a test fail one.
    private let mayWrite: @Sendable (InstanceRecord) throws -> Void

    public init(folder: String) {
        self.init(folder: folder) { _ in }
    }

    init(folder: String, mayWrite: @escaping @Sendable (InstanceRecord) throws -> Void) {
        self.folder = folder
        self.mayWrite = mayWrite
    }

    func write(_ record: InstanceRecord) throws {
        try mayWrite(record)
        try AtomicFile.write(json: record, to: path(record.instance.id))
    }

    func remove(_ instance: String) { AtomicFile.remove(path(instance)) }

    /// Every record that can be read, and the files that could not and were set aside.
    public func readAll() -> (records: [InstanceRecord], setAside: [SetAside]) {
        var records: [InstanceRecord] = []
        var setAside: [SetAside] = []
        for name in ProcessFiles.folder(folder).sorted() where name.hasSuffix(".json") {
            let file = "\(folder)/\(name)"
            if let record = StateFile.read(InstanceRecord.self, from: file, setAside: &setAside),
                record.format == InstanceRecord.currentFormat
            {
                records.append(record)
            }
        }
        return (records, setAside)
    }

    private func path(_ instance: String) -> String { "\(folder)/\(instance).json" }
}
