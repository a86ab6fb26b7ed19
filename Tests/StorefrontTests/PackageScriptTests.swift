import Archives
import FoundationEssentials
import Glibc
import Testing

@Suite struct PackageScriptTests {
    @Test("The same behaviour is packed into the same bytes, which unpack", arguments: ["tar", "tar.gz", "tar.zst"])
    func reproducible(form: String) throws {
        let folder = "/tmp/storefront-package-\(getpid())-\(form)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = "\(#filePath)/../../../Examples/storefront/package.sh"
        let options = "--binary /bin/true --pad 1 version=v2 error_rate=0.05"
        for name in ["a", "b"] {
            let command =
                "bash \(URL(filePath: script).standardized.path) --output \(folder)/\(name).\(form) \(options)"
            try #require(system(command) == 0)
        }
        #expect(
            try Data(contentsOf: URL(filePath: "\(folder)/a.\(form)"))
                == Data(contentsOf: URL(filePath: "\(folder)/b.\(form)")))
        let unpacked = try unpack("\(folder)/a.\(form)", into: "\(folder)/unpacked")
        #expect(unpacked.entries == 3)
        #expect(unpacked.bytes > 1_000_000)
        #expect(access("\(folder)/unpacked/storefront", X_OK) == 0)
        let behaviour = try Data(contentsOf: URL(filePath: "\(folder)/unpacked/behaviour.conf"))
        #expect(String(decoding: behaviour, as: UTF8.self) == "version=v2\nerror_rate=0.05\n")
    }
}
