import Ports

extension DocumentStoreConformance {
    static let leaseChecks: [Check] = [
        Check("a lease has one holder, who may renew it") { subject in
            let store = subject.store
            try require(try await store.acquireLease("driver", holder: "a", seconds: 10), "a free lease was refused")
            try require(try await store.acquireLease("driver", holder: "a", seconds: 10), "the holder was refused")
            try require(try await !store.acquireLease("driver", holder: "b", seconds: 10), "a second holder was taken")
            try require(try await store.acquireLease("other", holder: "b", seconds: 10), "another lease was refused")
        },
        Check("a lease that is given back is free at once") { subject in
            let store = subject.store
            _ = try await store.acquireLease("driver", holder: "a", seconds: 1000)
            try await store.releaseLease("driver", holder: "b")
            try require(try await !store.acquireLease("driver", holder: "b", seconds: 10), "somebody else gave it back")
            try await store.releaseLease("driver", holder: "a")
            try require(try await store.acquireLease("driver", holder: "b", seconds: 10), "it was not free")
            try await store.releaseLease("never taken", holder: "a")
        },
        Check("a lease expires, and not before its renewed time") { subject in
            let store = subject.store
            _ = try await store.acquireLease("driver", holder: "a", seconds: 2)
            try await subject.pass(1)
            try require(try await store.acquireLease("driver", holder: "a", seconds: 4), "the holder was refused")
            try await subject.pass(2)
            try require(try await !store.acquireLease("driver", holder: "b", seconds: 4), "it expired too early")
            try await subject.pass(3)
            try require(try await store.acquireLease("driver", holder: "b", seconds: 4), "it did not expire")
            try require(try await !store.acquireLease("driver", holder: "a", seconds: 4), "the old holder took it back")
        },
        Check("of many who want a lease, one has it") { subject in
            let store = subject.store
            let holders = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask { try await store.acquireLease("driver", holder: "\(number)", seconds: 100) }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try requireEqual(holders, 1, "holders")
        },
    ]
}
