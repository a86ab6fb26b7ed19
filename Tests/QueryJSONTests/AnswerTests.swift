import QueryJSON
import Testing

@Suite("Answers of the query API, read")
struct AnswerTests {
    private func read(_ text: String) throws -> QueryAnswer { try QueryAnswer(Array(text.utf8), .samples) }

    @Test("a scalar and a text are read as they are, with what was remarked")
    func single() throws {
        let scalar = try read(
            #"{"status":"success","data":{"resultType":"scalar","result":[1.500,"-Inf"]},"warnings":["w"],"infos":["i","j"]}"#
        )
        #expect(scalar.number == -.infinity)
        #expect(scalar.series.isEmpty)
        #expect(scalar.warnings == ["w"])
        #expect(scalar.infos == ["i", "j"])
        let text = try read(
            #"{"data":{"result":[1,"a\tb"],"resultType":"string"},"status":"success","warnings":null}"#)
        #expect(text.single == "a\tb")
        #expect(text.number == nil)
        #expect(text.warnings.isEmpty)
    }

    @Test("what is neither is broken", arguments: [#"[{"metric":{}},true]"#, "[[1,2]]", "[null]"])
    func broken(result: String) {
        #expect(throws: QueryAnswer.Problem.self) { try read(#"{"data":{"result":\#(result)}}"#) }
    }
}
