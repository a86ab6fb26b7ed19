import Documents
import Testing

@Suite("Logs of issues")
struct IssueLogTests {
    private func issue(_ severity: DocumentIssue.Severity, _ number: Int) -> DocumentIssue {
        DocumentIssue(severity, file: "a.yaml", at: .unknown, message: "number \(number)")
    }

    @Test("an error is kept however many warnings came before it")
    func errors() {
        let log = IssueLog(file: "a.yaml")
        for number in 0..<IssueLog.limit { log.append(issue(.warning, number)) }
        #expect(!log.hasErrors)
        log.append(issue(.error, 200))
        #expect(log.hasErrors && log.issues.errors.map(\.message) == ["number 200"])
        #expect(log.issues.count == IssueLog.limit && log.count == IssueLog.limit + 1)
    }

    @Test("warnings do not drive errors out, and the log stays bounded")
    func bounded() {
        let log = IssueLog(file: "a.yaml")
        for number in 0..<1000 { log.append(issue(number.isMultiple(of: 2) ? .error : .warning, number)) }
        #expect(log.issues.count == IssueLog.limit && log.issues.errors.count == IssueLog.limit)
        log.append(issue(.warning, 1000))
        #expect(log.issues.errors.count == IssueLog.limit && log.count == 1001)
    }
}
