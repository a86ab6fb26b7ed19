import Testing
import Wire

@Suite("Digests of artefacts")
struct ArtefactDigestTests {
    @Test("A digest that is none never becomes a path")
    func digests() {
        let good = String(repeating: "0a", count: 32)
        #expect(ArtefactDigest("sha256:\(good)")?.hexadecimal == good)
        for bad in ["", good, "sha256:", "sha256:../../etc", "sha256:\(good)0", "sha256:\(good.uppercased())"] {
            #expect(!ArtefactDigest.isWellFormed(bad))
        }
    }
}
