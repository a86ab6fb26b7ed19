import Documents
import Testing

@Suite struct CursorTests {
    private func cursor(_ text: String, _ log: IssueLog) -> Cursor {
        Cursor(JSONParser.parse(Array(text.utf8), file: "f").node ?? Node(.null), log: log)
    }

    @Test("paths are written as people write fields")
    func paths() {
        let path = FieldPath.key("hosts", of: .index(1, of: .key("waves", of: .key("plan", of: .root))))
        #expect(path.description == "plan.waves[1].hosts")
        #expect(FieldPath.key("a.b", of: .key("x", of: .root)).description == #"x["a.b"]"#)
        #expect(FieldPath.index(2, of: .root).description == "[2]")
        #expect(FieldPath.root.description == "")
    }

    @Test("all issues of a mapping are collected, unknown keys with the nearest known one")
    func collects() {
        let log = IssueLog(file: "f")
        let fields = cursor(#"{"coutn": 1, "zzzzzz": 2, "size": "big"}"#, log).fields(["count", "size", "flag"])
        _ = fields?["size"]?.byteSize()
        _ = fields?.required("flag", like: "true")
        #expect(
            log.issues.map(\.description) == [
                "f:1:2: coutn: unknown key 'coutn' (did you mean 'count'?)",
                "f:1:14: zzzzzz: unknown key 'zzzzzz' (known keys are count, size and flag)",
                "f:1:35: size: expected a size like 64MiB, found the text 'big' (units are B, KiB, MiB, GiB, TiB, KB, MB, GB and TB)",
                "f:1:1: 'flag' is missing (for example flag: true)",
            ])
    }

    @Test("a hostile file does not fill the memory with issues")
    func limit() {
        let log = IssueLog(file: "f")
        let entries = (0..<10_000).map { "\"k\($0)\":0" }.joined(separator: ",")
        _ = cursor("{\(entries)}", log).fields(["a"])
        #expect(log.issues.count == IssueLog.limit)
    }

    @Test("whole numbers may be written as 2.0, and have their range")
    func integers() {
        let log = IssueLog(file: "f")
        #expect(cursor("2.0", log).integer() == 2)
        #expect(cursor("2.5", log).integer() == nil)
        #expect(cursor("1e300", log).integer() == nil)
        #expect(cursor("11", log).integer(in: 1...10) == nil)
        #expect(
            log.issues.map(\.message) == [
                "expected a whole number, found the number 2.5", "expected a whole number, found the number 1e+300",
                "11 is not within 1 and 10",
            ])
    }

    @Test("a secret is never repeated")
    func secret() {
        let log = IssueLog(file: "f")
        var number = cursor("123456", log)
        number.isSecret = true
        #expect(number.text() == nil)
        #expect(!log.issues.description.contains("123456"))
    }
}
