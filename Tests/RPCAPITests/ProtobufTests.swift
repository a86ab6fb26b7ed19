import Flags
import Foundation
import Testing
import Values

@testable import RPCAPI

@Suite struct ProtobufTests {
    @Test("a struct is JSON as it was meant")
    func asJSON() throws {
        let members = [
            FlagMember("text", "ünï\u{0}\"\\"), FlagMember("whole", -42), FlagMember("half", 0.5),
            FlagMember("no", nil),
            FlagMember("yes", true), FlagMember("list", [1, "two", [nil], ["k": false]]), FlagMember("empty", [:]),
            FlagMember("object", ["a": ["b": ["c": []]]]), FlagMember("", "no name"),
            FlagMember("far", .number(1e300)), FlagMember("minus zero", .number(-0.0)),
            FlagMember("no number", .number(.infinity)),
        ]
        #expect(
            try json(StructMessage.bytes(members)) == #"""
                {"text":"ünï\u0000\u0022\u005c","whole":-42,"half":0.5,"no":null,"yes":true,"list":[1,"two",[null],{"k":false}],\#
                "empty":{},"object":{"a":{"b":{"c":[]}}},"":"no name","far":1e+300,"minus zero":-0.0,"no number":null}
                """#)
    }

    @Test("an empty message, an empty value and a value that is there twice")
    func oddities() throws {
        #expect(try json([]) == "{}")
        #expect(try json([0x0A, 0x03, 0x0A, 0x01, 0x61]) == #"{"a":null}"#)
        #expect(try json([0x0A, 0x09, 0x0A, 0x01, 0x61, 0x12, 0x04, 0x20, 0x01, 0x20, 0x00]) == #"{"a":false}"#)
    }

    private func json(_ bytes: [UInt8]) throws -> String {
        var json = StructJSON()
        try bytes.withUnsafeBytes { try json.write($0) }
        return String(decoding: json.text, as: UTF8.self)
    }

    @Test("nesting ends at the limit, without the stack's end")
    func nesting() {
        func nested(_ depth: Int) -> [UInt8] {
            var value = FlagValue.string("deep")
            for _ in 0..<depth { value = .list([value]) }
            return StructMessage.bytes([FlagMember("a", value)])
        }
        #expect(problem(nested(90)) == nil)
        #expect(problem(nested(101)) == .tooDeep)
    }

    @Test("bytes that are no message are told what they are")
    func malformed() {
        #expect(problem([0x0A]) == .truncated)
        #expect(problem([0x0A, 0x05, 0x01]) == .truncated)
        #expect(problem([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]) == .truncated)
        #expect(problem([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]) == .malformed)
        #expect(problem([0x00]) == .malformed)
        #expect(problem([0x0F]) == .malformed)
        #expect(problem([0x13]) == .truncated)
        #expect(problem([0x13, 0x1C]) == .malformed)
        #expect(problem([0x14]) == .malformed)
    }

    @Test("fields that nobody knows are left out, whatever their type")
    func unknownFields() throws {
        let unknown: [UInt8] = [
            0x10, 0x96, 0x01, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4, 0x2A, 0x02, 0x61, 0x62, 0x33, 0x10, 0x01,
            0x34,
        ]
        #expect(problem(unknown) == nil)
        let question: [UInt8] = unknown.dropFirst(3) + [0x0A, 0x03] + Array("key".utf8)
        let key = try question.withUnsafeBytes { bytes in Array(try ResolveRequest(bytes).key) }
        #expect(key == Array("key".utf8))
    }

    @Test("what the fuzzer began with and found, and what becomes of it by chance, is read or refused")
    func hostileMessages() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/messages")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        var generator = SeededGenerator(seed: 7)
        for file in files {
            let kept = Array(try Data(contentsOf: file))
            #expect(FuzzMessages.run(kept) == nil, "\(file.lastPathComponent)")
            guard !kept.isEmpty else { continue }
            for _ in 0..<3000 {
                var bytes = kept
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                let problem = FuzzMessages.run(bytes)
                #expect(problem == nil, "\(bytes)")
            }
        }
    }

    private func problem(_ bytes: [UInt8]) -> ProtoProblem? {
        bytes.withUnsafeBytes { raw in
            do throws(ProtoProblem) {
                var json = StructJSON()
                try json.write(raw)
                return nil
            } catch {
                return error
            }
        }
    }
}
