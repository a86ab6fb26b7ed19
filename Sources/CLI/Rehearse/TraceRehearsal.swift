import Documents
import Formats
import Rehearsal
import Specs
import Verdicts

/// Replays a trace and writes the decisions.
struct TraceRehearsal {
    var trace: String
    var checks: String
    var output: OutputOptions

    func run() async throws {
        let document = try readChecks()
        if trace == "-" {
            try replay(FileBytes(descriptor: 0, name: "the standard input"), document)
        } else {
            try await FileBytes.open(trace) { try replay($0, document) }
        }
    }

    private func readChecks() throws -> ChecksDocument {
        let text = checks == "-" ? try Console.current.readAll() : try FileBytes.text(checks)
        let (nodes, problems) = readDocuments(text, file: checks)
        guard problems.errors.isEmpty else { throw failure(problems) }
        guard let node = nodes.first, nodes.count == 1 else {
            throw CommandFailure.wrongCall(
                "\(checks) holds \(nodes.count) documents; one with 'checks' is expected, or one service")
        }
        let (document, issues) = ChecksDocument.read(node, file: checks)
        for warning in issues.warnings { Console.current.complain(warning.description) }
        guard let document else { throw failure(issues) }
        return document
    }

    private func failure(_ issues: [DocumentIssue]) -> CommandFailure {
        .wrongCall(issues.errors.map(\.description).joined(separator: "\n"))
    }

    // MARK: The trace

    private func replay(_ file: FileBytes, _ document: ChecksDocument) throws {
        var replay = TraceReplay(document)
        var writer = DecisionWriter(output: output)
        do {
            while true {
                let bytes = try file.next()
                if bytes.isEmpty { break }
                try writer.add(try replay.read(bytes))
            }
            try writer.add(try replay.finish())
        } catch let problem as TraceProblem {
            let place = problem.line > 0 ? "\(file.name):\(problem.line):\(problem.column): " : "\(file.name): "
            throw CommandFailure.wrongCall(place + problem.reason)
        }
        try writer.finish()
    }
}

/// JSON lines as they come; a table, or one YAML document, at the end.
private struct DecisionWriter {
    var output: OutputOptions
    private var rows: [DecisionRow] = []

    init(output: OutputOptions) { self.output = output }

    mutating func add(_ decisions: [TraceReplay.Decision]) throws {
        for decision in decisions {
            let row = DecisionRow(decision)
            if output.output == .json {
                Console.current.print(try lineJSON(row))
            } else {
                rows.append(row)
            }
        }
    }

    func finish() throws {
        guard output.output != .json else { return }
        let rows = rows
        try output.show(
            Presentation(rows) { style in
                var table = Table(
                    [
                        .init("TRACE"), .init("VERDICT"), .init("AT", right: true), .init("CHECK"),
                        .init("WHY", flexible: true),
                    ], whenEmpty: "The trace holds no tick after the change.")
                for row in rows {
                    let look: Look = row.verdict == .fail ? .bad : row.verdict == .pass ? .good : .caution
                    table.add([
                        StyledText(row.trace), StyledText(row.verdict.rawValue, look), StyledText("\(row.at) s"),
                        StyledText(row.check), StyledText(row.reason),
                    ])
                }
                return table.lines(style)
            })
    }
}

/// A decision as it is written.
struct DecisionRow: Encodable {
    var trace: String
    var verdict: Verdict
    /// Seconds since the change reached its first user.
    var at: Double
    /// The check that decided, or for undecided the one that is farthest from an answer.
    var check: String
    var reason: String
    var checks: [Reading]
    var budget: BudgetView

    init(_ decision: TraceReplay.Decision) {
        trace = decision.trace
        verdict = decision.verdict
        at = decision.at
        check = decision.check
        reason = decision.readings.first { $0.check == decision.check }?.reason ?? ""
        checks = decision.readings
        budget = decision.budget
    }
}
