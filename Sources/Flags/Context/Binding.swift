extension FlagSnapshot {
    /// Whether a context is ready for the evaluations of this snapshot.
    public func hasBound(_ bound: borrowing BoundContext) -> Bool { bound.snapshot == identity }

    /// Makes a context ready.
    public func bind(_ context: EvaluationContext, into bound: inout BoundContext) {
        var bytes = context.targetingKey?.utf8.count ?? 0
        for attribute in context.attributes {
            if case .string(let text) = attribute.value { bytes += text.utf8.count }
        }
        // Lists and objects go the way of raw JSON, so that there is one reader of nested values.
        var nested: [(place: UInt32, json: [UInt8])] = []
        for attribute in context.attributes where attribute.value.isComposite {
            guard let place = program.names.find(attribute.name), place != 1 else { continue }
            nested.append((place, attribute.value.json))
            bytes += 2 * nested[nested.count - 1].json.count + ContextBinder.padding
        }
        bound.reset(slotCount: program.slotCount, placeCount: program.placeCount, bytes: bytes + ContextBinder.padding)
        bound.source = .context(context)
        var binder = ContextBinder(program, end: 0)
        if let key = context.targetingKey { binder.bind(key, at: 1, &bound) }
        for attribute in context.attributes {
            guard !attribute.value.isComposite, let place = program.names.find(attribute.name), place != 1 else {
                continue
            }
            switch attribute.value {
            case .null, .list, .object: break
            case .bool(let flag): bound.fill(program.places[Int(place)].slot, .bool(flag))
            case .integer(let number): bound.fill(program.places[Int(place)].slot, .integer(number))
            case .number(let number): bound.fill(program.places[Int(place)].slot, .number(number))
            case .string(let text): binder.bind(text, at: place, &bound)
            }
        }
        for (place, json) in nested { binder.bind(json, at: place, &bound) }
        bound.snapshot = identity
    }

    /// Makes a context ready that is a JSON object in UTF-8, with the targeting key as `targetingKey`.
    ///
    /// - Throws: When it is no JSON object, too long (10 MB) or nested too deeply (100 levels).
    public func bind(json: UnsafeRawBufferPointer, into bound: inout BoundContext) throws(ContextProblem) {
        guard json.count <= JSONReader.sizeLimit else {
            throw ContextProblem(
                "the context has \(json.count) bytes, and at most \(JSONReader.sizeLimit) are read", at: 0)
        }
        // Texts with escapes are shorter than they were written: twice the room is always enough.
        bound.reset(
            slotCount: program.slotCount, placeCount: program.placeCount, bytes: 2 * json.count + ContextBinder.padding)
        if let base = json.baseAddress {
            bound.arena.update(from: base.assumingMemoryBound(to: UInt8.self), count: json.count)
        }
        var binder = ContextBinder(program, end: json.count)
        guard binder.document(&bound) else { throw FlagSnapshot.problem(json) }
        bound.source = .json(count: json.count)
        bound.snapshot = identity
    }

    /// The strict reader says what the fast one only noticed.
    private static func problem(_ json: UnsafeRawBufferPointer) -> ContextProblem {
        var reader = JSONReader(json)
        do throws(ContextProblem) {
            guard case .object = try reader.document() else { return ContextProblem("a context is an object", at: 0) }
            return ContextProblem("the context is no JSON", at: 0)
        } catch {
            return error
        }
    }

    /// The same for bytes in an array.
    public func bind(json: [UInt8], into bound: inout BoundContext) throws(ContextProblem) {
        var problem: ContextProblem?
        // A throwing closure would lose the error's type.
        json.withUnsafeBytes { bytes in
            do throws(ContextProblem) { try bind(json: bytes, into: &bound) } catch { problem = error }
        }
        if let problem { throw problem }
    }
}
