import Foundation
import PromQL
import Testing

/// The page of the reference is made from the table of functions: `HALCYON_WRITE_REFERENCE=1 swift test --filter ReferenceTests`.
@Suite("The reference of PromQL")
struct ReferenceTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/reference/promql.md")

    @Test("says what the table of functions says")
    func current() throws {
        if ProcessInfo.processInfo.environment["HALCYON_WRITE_REFERENCE"] != nil {
            try Function.reference.write(to: ReferenceTests.page, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: ReferenceTests.page, encoding: .utf8)
        #expect(written == Function.reference, "write it anew with HALCYON_WRITE_REFERENCE=1")
    }

    @Test("holds every function once, with a summary")
    func complete() {
        #expect(Function.all.count > 80 && Set(Function.all.map(\.name)).count == Function.all.count)
        for function in Function.all {
            #expect(Function.named(function.name) == function)
            #expect(function.summary.hasSuffix("."), "\(function.name)")
        }
        #expect(
            Function.named("label_join")?.signature
                == "label_join(instant vector, string, string, string …) → instant vector")
        #expect(Function.named("round")?.signature == "round(instant vector, [scalar]) → instant vector")
    }
}
