import Foundation
import HalcyonClient
import Synchronization
import TestSupport
import Values
import Wire

/// An application that asks the flag `checkout` for many people, and does worse with one of its variants.
final class FlagApplication: Sendable {
    struct Bad: Error {}

    /// How it behaves with the variant `on`.
    struct Habits: Sendable {
        /// So many of a hundred blocks fail.
        var failing = 0
        var delay = Duration.zero
        /// Whether it runs the code behind the flag in `measure`, or only asks for the flag.
        var isMeasured = true
        /// Of so many people that are given the variant one is asked for: whoever else has it never gets as far as the flag.
        var everyNth = 1
        /// Whether people belong to another company each time that they come.
        var changesCompany = false
    }

    /// What was seen of the variants.
    struct Seen: Sendable {
        var on = 0
        var off = 0
        /// Who was given `on`, and when somebody was last.
        var had: Set<Int> = []
        var lastOn: Timestamp?
        /// When somebody who had been given `on` was given `off` again for the first time.
        var firstBack: Timestamp?
    }

    let provider: HalcyonProvider
    let client: FlagClient
    let habits = Mutex(Habits())
    private let seen = Mutex(Seen())
    /// Tells who would be given what, and tells nobody that it was asked.
    private let scout: HalcyonProvider

    init(server: String) async {
        provider = HalcyonProvider(HalcyonConfiguration(server: server))
        scout = HalcyonProvider(HalcyonConfiguration(server: server, usageInterval: nil))
        let api = FlagAPI()
        await api.setProviderAndWait(provider, within: .seconds(30))
        client = api.client()
        scout.start()
        _ = await scout.ready(within: .seconds(30))
    }

    func change(_ body: (inout Habits) -> Void) { habits.withLock { body(&$0) } }

    var whatWasSeen: Seen { seen.withLock { $0 } }

    func forget() { seen.withLock { $0 = Seen() } }

    static func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// Serves people until the task is cancelled.
    func run() async {
        var number = 0
        while !Task.isCancelled {
            await serve(number..<number + 20)
            number += 20
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    func shutdown() async {
        await provider.shutdown()
        await scout.shutdown()
    }

    func serve(_ numbers: Range<Int>) async {
        for number in numbers { await serve(number) }
    }

    private func serve(_ number: Int) async {
        let habits = habits.withLock { $0 }
        let person = number % 2000
        let key = "user-\(person)"
        let company = habits.changesCompany ? number / 2000 + person : person
        let context = EvaluationContext(targetingKey: key, attributes: [("company", .string("c-\(company)"))])
        if habits.everyNth > 1, person % habits.everyNth != 0 {
            let answer = scout.resolve("checkout", as: .boolean, in: context)
            if answer.value == .bool(true) { return }
        }
        if !habits.isMeasured, client.value("checkout", default: false, context: context) {
            return note(person, isOn: true)
        }
        try? await client.measure("checkout", default: false, context: context) { (isOn: Bool) async throws(Bad) in
            note(person, isOn: isOn)
            guard isOn else { return }
            if habits.delay > .zero { try? await Task.sleep(for: habits.delay) }
            if number % 100 < habits.failing { throw Bad() }
        }
        if number % 10 == 0 { client.track("bought", context: context) }
    }

    private func note(_ person: Int, isOn: Bool) {
        let now = FlagApplication.now()
        seen.withLock { seen in
            if isOn {
                seen.on += 1
                seen.had.insert(person)
                seen.lastOn = now
            } else {
                seen.off += 1
                if seen.firstBack == nil, seen.had.contains(person) { seen.firstBack = now }
            }
        }
    }

    /// What people are given now.
    func value(_ key: String) -> Bool {
        client.value("checkout", default: false, context: EvaluationContext(targetingKey: key))
    }
}

extension Lab {
    /// What a query answers now: the sum of one series, 0 when there is none.
    func query(_ text: String) async throws -> Double {
        struct Answer: Decodable {
            struct Body: Decodable { var result: [Series] }
            struct Series: Decodable { var value: [Value] }
            enum Value: Decodable {
                case number(Double), text(String)

                init(from decoder: any Decoder) throws {
                    let value = try decoder.singleValueContainer()
                    if let number = try? value.decode(Double.self) {
                        self = .number(number)
                    } else {
                        self = .text(try value.decode(String.self))
                    }
                }
            }
            var data: Body
        }
        let encoded = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let answer = try await see("/prometheus/api/v1/query?query=\(encoded)", as: Answer.self)
        guard case .text(let number)? = answer.data.result.first?.value.last else { return 0 }
        return Double(number) ?? .nan
    }
}
