extension Program {
    /// The variant that a value names.
    func answer(_ value: Slot, _ head: Head) -> Resolution {
        if value.tag == Slot.Tag.none { return head.otherwise }
        guard value.tag == Slot.Tag.string else { return answer(value.value, head) }
        guard let bytes = value.bytes else { return .failed(.general) }
        return answer(UnsafeRawBufferPointer(start: bytes, count: value.count), head)
    }

    func answer(_ value: FlagValue, _ head: Head) -> Resolution {
        switch value {
        case .null: return head.otherwise
        case .list, .object: return .failed(.general)
        case .bool, .integer, .number, .string:
            var name = value.text
            return name.withUTF8 { answer(UnsafeRawBufferPointer($0), head) }
        }
    }

    private func answer(_ name: UnsafeRawBufferPointer, _ head: Head) -> Resolution {
        guard let bytes = name.baseAddress else { return .failed(.general) }
        for variant in 0..<head.variantCount {
            let known = variantNames[Int(head.firstVariant &+ variant)]
            if known.tag == Slot.Tag.string, known.count == name.count, let other = known.bytes,
                sameBytes(other, bytes, name.count)
            {
                return Resolution(variant: Int32(truncatingIfNeeded: variant), reason: .targetingMatch)
            }
        }
        return .failed(.general)
    }

    /// Where a fractional goes on.
    @inline(__always)
    func choose(_ split: Split, _ slots: UnsafeMutablePointer<Slot>, _ scratch: inout Scratch) -> Int {
        scratch.count = 0
        switch split.key {
        case Split.Key.usual:
            guard appendUsualKey(split, slots, &scratch) else { return Int(split.noKey) }
        case Split.Key.slot:
            let value = operand(slots, split.slot, split.constant)
            switch value.tag {
            case Slot.Tag.string:
                if split.isCanonical { scratch.appendHead(text: value.count) }
                scratch.append(value)
            case Slot.Tag.none:
                if split.isCanonical { return Int(split.noKey) }
                guard appendUsualKey(split, slots, &scratch) else { return Int(split.noKey) }
            case Slot.Tag.integer where split.isCanonical: scratch.append(integer: value.integer)
            case Slot.Tag.no where split.isCanonical: scratch.append(byte: 0xf4)
            case Slot.Tag.yes where split.isCanonical: scratch.append(byte: 0xf5)
            default: return Int(split.slow)
            }
        default:
            guard appendPieces(split, slots, &scratch) else { return Int(split.slow) }
        }
        let bucket = bucket(ofHash: murmur3(scratch.bytes), outOf: split.total)
        var index = Int(split.firstShare)
        while bucket >= shares[index].end { index &+= 1 }
        return Int(shares[index].target)
    }

    /// The flag's key and the targeting key; false when there is none.
    @inline(__always)
    private func appendUsualKey(
        _ split: Split, _ slots: UnsafeMutablePointer<Slot>, _ scratch: inout Scratch
    ) -> Bool {
        let key = slots[Int(Instruction.targetingKeySlot)]
        guard key.tag == Slot.Tag.string, key.length > 0 else { return false }
        scratch.append(constants[Int(split.prefix)])
        if split.isCanonical { scratch.appendHead(text: key.count) }
        scratch.append(key)
        return true
    }

    /// The pieces one behind the other; false when one of them is neither a text nor nothing.
    private func appendPieces(_ split: Split, _ slots: UnsafeMutablePointer<Slot>, _ scratch: inout Scratch) -> Bool {
        var total = 0
        for index in split.firstPiece..<split.firstPiece &+ split.pieceCount {
            let piece = operand(slots, pieces[Int(index)].slot, pieces[Int(index)].constant)
            guard piece.tag == Slot.Tag.string || piece.tag == Slot.Tag.none else { return false }
            total &+= piece.count
        }
        if split.isCanonical { scratch.appendHead(text: total) }
        for index in split.firstPiece..<split.firstPiece &+ split.pieceCount {
            let piece = operand(slots, pieces[Int(index)].slot, pieces[Int(index)].constant)
            if piece.tag == Slot.Tag.string { scratch.append(piece) }
        }
        return true
    }
}
