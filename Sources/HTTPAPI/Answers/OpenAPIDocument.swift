import HTTPTypes
import Wire

/// Describes the routes as OpenAPI 3.1, from the table that they are served from.
enum OpenAPIDocument {
    static func make(_ routes: [Route]) -> JSONValue {
        var paths: [String: JSONValue] = [:]
        var forms: [String: BodyForm] = [:]
        var answers: Set<String> = []
        for route in routes {
            var path: [String: JSONValue] =
                if case .object(let known) = paths[route.pattern.text] { known } else { [:] }
            path[route.method.rawValue.lowercased()] = operation(route)
            paths[route.pattern.text] = .object(path)
            if case .json(let form) = route.body { collect(form, into: &forms) }
            switch route.answer {
            case .json(let name), .list(let name): answers.insert(name)
            default: break
            }
        }
        var schemas = forms.mapValues(schema)
        schemas["Problem"] = problem
        schemas.merge(evidenceSchemas) { described, _ in described }
        for name in answers where schemas[name] == nil {
            schemas[name] = ["type": "object", "title": .text(name)]
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Halcyon", "version": "1",
                "description": "Ships changes to fleets of hosts in waves and rolls them back by itself.",
            ],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "cookie": ["type": "apiKey", "in": "cookie", "name": .text(Caller.cookieName)],
                ],
            ],
        ]
    }

    private static func operation(_ route: Route) -> JSONValue {
        var operation: [String: JSONValue] = [
            "summary": .text(route.summary), "operationId": .text(identifier(route)), "responses": responses(route),
        ]
        if case .roles(let roles) = route.access {
            operation["security"] = [["bearer": []], ["cookie": []]]
            operation["description"] = .text("Needs the role \(roles.map(\.rawValue).joined(separator: " or ")).")
        } else {
            operation["security"] = []
        }
        let parameters =
            route.pattern.names.map(pathParameter) + route.query.map(queryParameter) + headerParameters(route)
        if !parameters.isEmpty { operation["parameters"] = .list(parameters) }
        switch route.body {
        case .none: break
        case .json(let form):
            operation["requestBody"] = content(
                "application/json", reference(form.name), isRequired: !form.isOptional)
        case .bytes: operation["requestBody"] = content("application/octet-stream", [:])
        case .text: operation["requestBody"] = content("text/plain", [:])
        }
        return .object(operation)
    }

    private static func identifier(_ route: Route) -> String {
        let words = route.pattern.text.split { !$0.isLetter && !$0.isNumber }.filter { $0 != "v1" }
        return route.method.rawValue.lowercased()
            + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func pathParameter(_ name: String) -> JSONValue {
        ["name": .text(name), "in": "path", "required": true, "schema": ["type": "string"]]
    }

    private static func headerParameters(_ route: Route) -> [JSONValue] {
        var headers: [(name: String, isRequired: Bool, schema: JSONValue)] = []
        if route.access == .agent, HotRoute(rawValue: route.pattern.text) != nil {
            headers.append(("X-Halcyon-Agent", true, ["type": "string", "minLength": 1, "maxLength": 128]))
        }
        if route.method == .put {
            headers.append(("X-Halcyon-Digest", false, ["type": "string", "pattern": "^sha256:[0-9a-f]{64}$"]))
        }
        return headers.map { header in
            [
                "name": .text(header.name), "in": "header", "required": .bool(header.isRequired),
                "schema": header.schema,
            ]
        }
    }

    private static func queryParameter(_ field: QueryField) -> JSONValue {
        let schema: JSONValue
        switch field.kind {
        case .text: schema = ["type": "string", "minLength": field.isRequired ? 1 : 0]
        case .flag: schema = ["type": "boolean"]
        case .number(let range):
            schema = ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        }
        return [
            "name": .text(field.name), "in": "query", "required": .bool(field.isRequired),
            "description": .text(field.meaning), "schema": schema,
        ]
    }

    private static func responses(_ route: Route) -> JSONValue {
        var responses: [String: JSONValue] = [
            "default": described("What was wrong, and what to do.", "application/json", reference("Problem"))
        ]
        switch route.answer {
        case .json(let name): responses["200"] = described(name, "application/json", reference(name))
        case .list(let name):
            let schema: JSONValue = [
                "type": "object", "required": ["items"],
                "properties": ["items": ["type": "array", "items": reference(name)]],
            ]
            responses["200"] = described("A list.", "application/json", schema)
        case .document: responses["200"] = described("This document.", "application/json", ["type": "object"])
        case .text: responses["200"] = described("Text.", "text/plain", ["type": "string"])
        case .events: responses["200"] = described("Server-sent events.", "text/event-stream", ["type": "string"])
        case .bytes:
            responses["200"] = described("The whole.", "application/octet-stream", [:])
            responses["206"] = described("The range that was asked for.", "application/octet-stream", [:])
        case .nothing: responses["204"] = ["description": "Done."]
        }
        if route.pattern.text == "/readyz" {
            responses["503"] = described("Why it is not ready.", "text/plain", ["type": "string"])
        }
        return .object(responses)
    }

    private static func content(_ type: String, _ schema: JSONValue, isRequired: Bool = true) -> JSONValue {
        ["required": .bool(isRequired), "content": .object([type: ["schema": schema]])]
    }

    private static func described(_ description: String, _ type: String, _ schema: JSONValue) -> JSONValue {
        ["description": .text(description), "content": .object([type: ["schema": schema]])]
    }
}

// MARK: Schemas

extension OpenAPIDocument {
    private static func reference(_ name: String) -> JSONValue {
        ["$ref": .text("#/components/schemas/\(name)")]
    }

    private static func collect(_ form: BodyForm, into forms: inout [String: BodyForm]) {
        forms[form.name] = form
        for field in form.fields {
            switch field.kind {
            case .object(let inner), .objects(let inner): collect(inner, into: &forms)
            default: break
            }
        }
    }

    private static func schema(_ form: BodyForm) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for field in form.fields { properties[field.name] = schema(field) }
        let required = form.fields.filter { $0.fallback == nil && !$0.isOptional }.map { JSONValue.text($0.name) }
        return [
            "type": "object", "additionalProperties": false, "required": .list(required),
            "properties": .object(properties),
        ]
    }

    private static func schema(_ field: BodyForm.Field) -> JSONValue {
        var schema: [String: JSONValue]
        switch field.kind {
        case .text: schema = ["type": "string"]
        case .flag: schema = ["type": "boolean"]
        case .integer: schema = ["type": "integer", "format": "int64"]
        case .integers: schema = ["type": "array", "items": ["type": "integer", "format": "int64"]]
        case .words(let words): schema = ["type": "string", "enum": .list(words.map { .text($0) })]
        case .labels: schema = ["type": "object", "additionalProperties": ["type": "string"]]
        case .texts: schema = ["type": "array", "items": ["type": "string"]]
        case .object(let form): schema = ["allOf": [reference(form.name)]]
        case .objects(let form): schema = ["type": "array", "items": reference(form.name)]
        }
        if field.fallback != nil || field.isOptional { schema = ["anyOf": [.object(schema), ["type": "null"]]] }
        schema["description"] = .text(field.meaning)
        if let fallback = field.fallback { schema["default"] = fallback }
        if let example = field.example { schema["examples"] = [example] }
        return .object(schema)
    }

    private static let problem: JSONValue = [
        "type": "object", "required": ["kind", "message", "places"],
        "properties": [
            "kind": [
                "type": "string",
                "enum": [
                    "invalid", "unauthenticated", "forbidden", "notFound", "conflict", "refused", "tooLarge",
                    "unavailable",
                    "internal",
                ],
            ],
            "message": ["type": "string"], "hint": ["type": "string"],
            "places": ["type": "array", "items": ["type": "object"]],
        ],
    ]
}
