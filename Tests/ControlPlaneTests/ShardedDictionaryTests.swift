import Testing
import Values

@testable import ControlPlane

@Suite("A dictionary whose changed copy is cheap")
struct ShardedDictionaryTests {
    @Test("It behaves as a plain dictionary does")
    func likePlain() {
        var sharded: ShardedDictionary<String, Int> = [:]
        var plain: [String: Int] = [:]
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let key = "key \(generator.next() % 700)"
            switch generator.next() % 4 {
            case 0:
                #expect(sharded.removeValue(forKey: key) == plain.removeValue(forKey: key))
            case 1:
                sharded[key] = nil
                plain[key] = nil
            default:
                let value = Int(generator.next() % 1000)
                sharded[key] = value
                plain[key] = value
            }
            #expect(sharded[key] == plain[key])
        }
        #expect(sharded.count == plain.count)
        #expect(sharded.isEmpty == plain.isEmpty)
        #expect(sharded.keys.sorted() == plain.keys.sorted())
        #expect(sharded.values.sorted() == plain.values.sorted())
        for (key, value) in plain { #expect(sharded[key] == value) }
    }

    @Test("A changed copy leaves the original as it was")
    func copy() {
        let original: ShardedDictionary<String, Int> = ["one": 1, "two": 2]
        var changed = original
        changed["one"] = 10
        changed["two"] = nil
        changed["three"] = 3
        #expect(original.keys.sorted() == ["one", "two"])
        #expect(original["one"] == 1)
        #expect(changed.keys.sorted() == ["one", "three"])
        #expect(changed["one"] == 10)
    }
}
