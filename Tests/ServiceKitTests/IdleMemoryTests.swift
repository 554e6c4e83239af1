import ServiceKit
import Testing

@Suite("Idle memory") struct IdleMemoryTests {
    /// What is so at one look, and whether memory is given back then; where it is, what is resident afterwards.
    struct Look: Sendable {
        let mebibytes: Int
        let connections: Int
        var afterwards: Int?
    }

    @Test(
        "is given back once a crowd has gone, and what stays is in use",
        arguments: [
            [
                Look(mebibytes: 30, connections: 0), Look(mebibytes: 400, connections: 5000),
                Look(mebibytes: 400, connections: 3900), Look(mebibytes: 400, connections: 3000, afterwards: 300),
                Look(mebibytes: 300, connections: 1000), Look(mebibytes: 316, connections: 1000, afterwards: 30),
            ],
            [Look(mebibytes: 45, connections: 100), Look(mebibytes: 45, connections: 0)],
        ])
    func looks(looks: [Look]) {
        var memory = IdleMemory(residentBytes: 30 << 20)
        for look in looks {
            let isWorth = memory.isWorthReturning(residentBytes: look.mebibytes << 20, connections: look.connections)
            #expect(isWorth == (look.afterwards != nil), "\(look)")
            guard let bytes = look.afterwards else { continue }
            memory.returned(residentBytes: bytes << 20, connections: look.connections)
        }
    }
}
