import Documents
import Formats
import Testing

/// A document with something wrong in it, and all that is said of it.
struct BadDocument: CustomTestStringConvertible {
    var text: String
    var file = "f.yaml"
    var issues: [String]
    var testDescription: String { issues.first ?? text }

    /// A whole document.
    init(_ text: String, file: String = "f.yaml", _ issues: String...) {
        self.text = text
        self.file = file
        self.issues = issues
    }

    /// Lines 5 and on are `lines`, within `run`.
    init(run lines: String, _ issues: String...) {
        text = "kind: Service\nname: web\nrun:\n  command: [./web]\n\(indented(lines, by: 2))\n"
        self.issues = issues
    }

    /// Line 4 is `- name: errors`, lines 5 and on are `lines`.
    init(check lines: String, _ issues: String...) {
        text =
            "kind: Service\nname: web\nchecks:\n  - name: errors\n\(indented(lines, by: 4))\nrun: { command: [./web] }\n"
        self.issues = issues
    }

    /// Lines 5 and on are `lines`, within `plan`.
    init(plan lines: String, _ issues: String...) {
        text = "kind: Service\nname: web\nrun: { command: [./web] }\nplan:\n\(indented(lines, by: 2))\n"
        self.issues = issues
    }

    /// Line 6 is `- name: one`, lines 7 and on are `lines`; a wave of everybody follows.
    init(wave lines: String, _ issues: String...) {
        text =
            "kind: Service\nname: web\nrun: { command: [./web] }\nplan:\n  waves:\n    - name: one\n"
            + "\(indented(lines, by: 6))\n    - name: rest\n"
        self.issues = issues
    }

    var found: [String] {
        readSpecs(files: [(file, text)]).issues.map(\.description)
    }
}

private func indented(_ lines: String, by count: Int) -> String {
    lines.split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
}
