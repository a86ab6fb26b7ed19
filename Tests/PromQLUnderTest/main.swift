// Evaluates PromQL over series in memory, for tests from outside: one JSON object a line in, one a line out.
//
//     {"op":"clear"}
//     {"op":"load","series":[{"labels":{…},"samples":[[milliseconds,"value" or histogram,start]…]}]}
//     {"op":"query","query":"…","time":milliseconds}
//     {"op":"query_range","query":"…","start":…,"end":…,"step":…}
//     {"op":"format","query":"…"} and {"op":"parse","query":"…"}
//
// Answers to queries are the bodies that the HTTP API gives.

let service = Service()
while let line = readLine() {
    print(String(decoding: service.answer(line), as: UTF8.self))
    // Whoever asks waits for the answer.
    flushOutput()
}
