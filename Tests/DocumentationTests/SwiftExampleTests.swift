import Foundation
import Testing

@Suite struct SwiftExampleTests {
    private static let blocks = Page(path: "docs/sdk-swift.md").blocks

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Page.root.appending(path: path), encoding: .utf8)
    }

    /// The program is built with everything else, and run against a live server by Scripts/test-flags.
    @Test("the Swift example in the page is the program in Examples")
    func example() throws {
        let block = try #require(SwiftExampleTests.blocks.first { $0.language == "swift" })
        #expect(try block.text == SwiftExampleTests.text("Examples/flag-client/FlagClientExample.swift"))
    }

    @Test("every other Swift example in the pages is part of a test that is compiled and run")
    func parts() throws {
        let rollouts = Page(path: "docs/flag-rollouts.md").blocks
        let blocks =
            SwiftExampleTests.blocks.filter { $0.language == "swift" }.dropFirst()
            + rollouts.filter { $0.language == "swift" }
        #expect(blocks.count == 5)
        // The lines alone: a test stands further to the right than a page.
        func lines(_ text: String) -> String {
            "\n" + text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
                + "\n"
        }
        let tests = lines(try SwiftExampleTests.text("Tests/HalcyonClientTests/PageExampleTests.swift"))
        for block in blocks { #expect(tests.contains(lines(block.text)), "not in the tests: \(block.text)") }
    }

    @Test("the page's line for a package names a product that there is")
    func product() throws {
        let block = try #require(SwiftExampleTests.blocks.first { $0.language == "text" })
        #expect(block.text.contains(#".product(name: "HalcyonClient", package: "halcyon")"#))
        #expect(try SwiftExampleTests.text("Package.swift").contains(#".library(name: "HalcyonClient""#))
        #expect(!SwiftExampleTests.blocks.dropFirst(2).contains { $0.language == "text" })
    }
}
