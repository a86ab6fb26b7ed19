import Archives
import FoundationEssentials
import Glibc
import Testing

/// A folder of its own for one test, with an `outside` that nothing may touch; removed at the end.
final class Sandbox {
    let path: String
    var target: String { "\(path)/releases/target" }
    var outside: String { "\(path)/outside" }

    init() throws {
        var template = Array("/tmp/sample-archives-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(filePath: "\(outside)/precious"))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func unpack(
        _ bytes: [UInt8], limits: UnpackLimits = UnpackLimits(), name: String? = nil
    ) throws -> UnpackedArtefact {
        let file = "\(path)/artefact"
        try Data(bytes).write(to: URL(filePath: file))
        let result = Result { try Archives.unpack(file, into: target, limits: limits, executableName: name) }
        expectAgreement(on: bytes, limits, with: result)
        return try result.get()
    }

    /// A look at an artefact, however its bytes come, must say what unpacking it says.
    private func expectAgreement(
        on bytes: [UInt8], _ limits: UnpackLimits, with result: Result<UnpackedArtefact, any Error>
    ) {
        let whole = Result { try inspect("\(path)/artefact", limits: limits) }
        let pieces = Result {
            var inspection = ArtefactInspection(limits: limits)
            var rest = bytes[...]
            while !rest.isEmpty {
                try inspection.append(Array(rest.prefix(777)))
                rest = rest.dropFirst(777)
            }
            return try inspection.finish()
        }
        switch result {
        case .success(let unpacked):
            #expect((try? whole.get())?.format == unpacked.format)
            #expect((try? pieces.get())?.format == unpacked.format)
        case .failure(let error as ArchiveError) where error.kind != .unwritable:
            #expect(throws: error) { try whole.get() }
            #expect(throws: ArchiveError.self) { try pieces.get() }
        case .failure: break
        }
    }

    /// What `bytes` are refused with; nothing may be left of them.
    func refusal(
        of bytes: [UInt8], limits: UnpackLimits = UnpackLimits(), at location: SourceLocation = #_sourceLocation
    ) -> ArchiveError? {
        let error = #expect(throws: ArchiveError.self, sourceLocation: location) { try unpack(bytes, limits: limits) }
        let left = try? FileManager.default.contentsOfDirectory(atPath: "\(path)/releases")
        #expect(left ?? [] == [], "something was left behind", sourceLocation: location)
        #expect(outsideIsUntouched, sourceLocation: location)
        return error
    }

    var outsideIsUntouched: Bool {
        let names = try? FileManager.default.contentsOfDirectory(atPath: outside)
        return names == ["precious"] && contents("\(outside)/precious") == "precious"
            && Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
                .isSubset(of: ["artefact", "outside", "releases"])
    }

    func text(_ name: String) -> String? {
        contents("\(target)/\(name)")
    }

    private func contents(_ path: String) -> String? {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
    }

    func mode(_ name: String) -> Int? {
        var status = stat()
        return lstat("\(target)/\(name)", &status) == 0 ? Int(status.st_mode & 0o7777) : nil
    }

    func linkTarget(_ name: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(target)/\(name)")
    }
}
