import Foundation
import Testing

@Suite struct SwiftExampleTests {
    /// The program is built with everything else, and run against a live server by Scripts/test-flags.
    @Test("the Swift example in the page is the program in Examples")
    func example() throws {
        let page = Page(path: "docs/sdk-swift.md")
        let block = try #require(page.blocks.first { $0.language == "swift" })
        let program = Page.root.appending(path: "Examples/flag-client/FlagClientExample.swift")
        #expect(try block.text == String(contentsOf: program, encoding: .utf8))
    }
}
