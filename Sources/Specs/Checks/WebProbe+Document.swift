public import Documents
import Values

extension WebProbe: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard
            let fields = cursor.fields(["url", "method", "expect", "timeout", "every"], "a web request"),
            let url = fields.required("url", like: "/healthz")?.nonEmptyText("an address like http://${ADDRESS}:8000/")
        else { return nil }
        self.init(url: url)
        method = fields["method"]?.choice() ?? method
        expect = fields["expect"].flatMap(WebExpectation.init(reading:)) ?? expect
        timeout = fields["timeout"]?.period(atLeast: .milliseconds(10)) ?? timeout
        every = fields["every"]?.period(atLeast: .seconds(1)) ?? every
    }

    public var documentNode: Node {
        .mapping([
            ("url", .string(url)), ("method", .string(method.rawValue)), ("expect", expect.documentNode),
            ("timeout", .string(timeout.description)), ("every", .string(every.description)),
        ])
    }
}

extension WebExpectation: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["status", "body", "json"], "what to expect") else { return nil }
        self.init()
        if let cursor = fields["status"] {
            if case .sequence = cursor.node.value {
                status = cursor.children.compactMap { $0.statusCodes() }
                if cursor.children.isEmpty { cursor.report("no status is right, so that every answer is wrong") }
            } else {
                status = cursor.statusCodes().map { [$0] } ?? status
            }
        }
        body = fields["body"]?.nonEmptyText("a text that the body contains")
        json = fields["json"].flatMap(JSONExpectation.init(reading:))
    }

    public var documentNode: Node {
        let codes = status.map {
            $0.count == 1 ? Node.integer($0.lowerBound) : .string("\($0.lowerBound)-\($0.upperBound)")
        }
        return .mapping([
            ("status", codes.count == 1 ? codes[0] : .sequence(codes)), ("body", body.map(Node.string)),
            ("json", json?.documentNode),
        ])
    }
}

extension JSONExpectation: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard
            let fields = cursor.fields(["path", "equals"], "a value in the body"),
            let path = fields.required("path", like: "checks[0].state")?.nonEmptyText("a path like checks[0].state")
        else { return nil }
        self.init(path: path)
        if JSONPath(path) == nil {
            fields["path"]?.report(
                "'\(path)' is no path in a JSON document", hint: "keys and places, for example checks[0].state")
        }
        guard let cursor = fields["equals"] else { return }
        switch cursor.node.value {
        case .sequence, .mapping: cursor.mismatch("a text, a number, true, false or null")
        default: equals = cursor.node.value
        }
    }

    public var documentNode: Node { .mapping([("path", .string(path)), ("equals", equals.map { Node($0) })]) }
}

extension Cursor {
    /// `200`, or `200-299`.
    fileprivate func statusCodes() -> ClosedRange<Int>? {
        if case .integer(let code) = node.value {
            guard (100...599).contains(code) else {
                report("\(code) is no HTTP status: 100 to 599")
                return nil
            }
            return Int(code)...Int(code)
        }
        if case .string(let text) = node.value {
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            if ends.count == 2, let first = ends[0], let last = ends[1], first <= last, first >= 100, last <= 599 {
                return first...last
            }
        }
        mismatch("an HTTP status like 200, or a range like 200-299")
        return nil
    }
}
