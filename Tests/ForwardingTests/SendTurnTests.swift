import Forwarding
import Testing
import Values

@Suite struct SendTurnTests {
    private let start = Timestamp(milliseconds: 1_795_000_000_000)

    @Test("much is sent at once, little waits a moment for more")
    func patience() {
        var turn = SendTurn()
        #expect(turn.next(pending: 0, at: start) == .wait(nil))
        #expect(turn.next(pending: 2000, at: start) == .send)
        turn.succeeded()
        #expect(turn.next(pending: 5, at: start) == .wait(start + .seconds(1)))
        #expect(turn.next(pending: 9, at: start + .milliseconds(999)) == .wait(start + .seconds(1)))
        #expect(turn.next(pending: 9, at: start + .seconds(1)) == .send)
        turn.succeeded()
        #expect(turn.next(pending: 9, at: start + .seconds(1)) == .wait(start + .seconds(2)))
        // A clock that is set back does not make it wait longer.
        #expect(turn.next(pending: 9, at: start - .hours(1)) == .wait(start - .hours(1) + .seconds(1)))
    }

    @Test("after failures it waits twice as long each time, up to a bound, and starts anew after a success")
    func backoff() {
        var turn = SendTurn()
        var now = start
        var pauses: [Int64] = []
        for _ in 0..<10 {
            #expect(turn.next(pending: 1, at: now + .seconds(1)) != .wait(nil))
            turn.failed(asked: nil, at: now, fraction: 1)
            guard case .wait(let until?) = turn.next(pending: 5000, at: now) else {
                Issue.record("it does not wait")
                return
            }
            pauses.append((until - now).milliseconds)
            now = until
            #expect(turn.next(pending: 1, at: now) == .send)
        }
        #expect(pauses == [200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000])
        turn.succeeded()
        turn.failed(asked: nil, at: now, fraction: 0)
        #expect(turn.next(pending: 1, at: now) == .wait(now + .milliseconds(100)))
    }

    @Test("what a receiver asks for is kept, but not for ever")
    func asked() {
        var turn = SendTurn()
        turn.failed(asked: .seconds(30), at: start, fraction: 0.5)
        #expect(turn.next(pending: 1, at: start) == .wait(start + .seconds(30)))
        turn.failed(asked: .hours(9), at: start, fraction: 0.5)
        #expect(turn.next(pending: 1, at: start) == .wait(start + .minutes(5)))
    }

    @Test("what speaks of the sender is repeated, what speaks of the samples is not")
    func answers() {
        for status in [200, 202, 204] { #expect(SendAnswer(status: status) == .delivered) }
        for status in [302, 401, 403, 404, 408, 429, 500, 502, 503, 599] {
            #expect(SendAnswer(status: status) == .later)
        }
        for status in [400, 409, 413, 415, 422] { #expect(SendAnswer(status: status) == .refused) }
    }
}

@Suite struct HalvingTests {
    /// Sends a batch of which some samples are bad. Answers what was delivered, in order, and the attempts.
    private func send(_ count: Int, bad: Set<Int>, attempts: Int = 100) -> (delivered: [Int], tried: Int, lost: Int) {
        var halving = Halving(count: count, attempts: attempts)
        var (delivered, tried) = ([Int](), 0)
        while let range = halving.next {
            tried += 1
            if bad.isDisjoint(with: range) {
                delivered += range
                halving.delivered()
            } else {
                halving.refused()
            }
        }
        return (delivered, tried, halving.lost)
    }

    @Test("one bad sample takes no other with it, and the rest stays in order")
    func one() {
        for bad in [0, 1, 999, 1234, 1999] {
            let (delivered, tried, lost) = send(2000, bad: [bad])
            #expect(delivered == (0..<2000).filter { $0 != bad })
            #expect(lost == 1)
            #expect(tried <= 22)
        }
    }

    @Test("some bad samples, all of them, and none left to try with")
    func several() {
        #expect(send(10, bad: [3, 4]).delivered == [0, 1, 2, 5, 6, 7, 8, 9])
        #expect(send(8, bad: Set(0..<8)).lost == 8)
        #expect(send(1, bad: [0]) == ([], 0, 1))
        let many = send(2000, bad: Set(stride(from: 0, to: 2000, by: 7)))
        #expect(many.tried <= 100)
        #expect(many.delivered.count + many.lost == 2000)
        #expect(many.delivered == many.delivered.sorted())
    }
}
