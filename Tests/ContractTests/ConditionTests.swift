import Contract
import Testing

@Suite struct ConditionTests {
    @Test(arguments: [
        ("*", IfMatch.any), (" * ", .any), ("\"7\"", .versions([7])), ("\"7-abc\"", .versions([7])),
        ("\"1\", \"2-x\" ,\"3\"", .versions([1, 2, 3])), (",, \"1\",", .versions([1])),
        // The strong comparison: a weak tag is equal to none.
        ("W/\"7\"", .versions([])), ("W/\"7\", \"8\"", .versions([8])),
        // Tags of somebody else.
        ("\"\"", .versions([])), ("\"abc\"", .versions([])), ("\"07\"", .versions([])), ("\"+7\"", .versions([])),
        ("\"-7\"", .versions([])), ("\"7,8\"", .versions([])), ("\"\u{e9}\"", .versions([])),
        ("\"99999999999999999999\"", .versions([])),
    ])
    func ifMatchReads(text: String, condition: IfMatch) {
        #expect(IfMatch(text: text) == condition)
    }

    @Test(arguments: [
        "", " ", ",", "7", "\"7", "7\"", "\"7\"\"8\"", "\"7\" \"8\"", "*, \"7\"", "\"7\", *", "**", "w/\"7\"", "W/7",
        "W/ \"7\"", "\"a b\"", "\"\u{7}\"", "\"7\";", "\"7\", nonsense",
    ])
    func ifMatchRefuses(text: String) {
        #expect(IfMatch(text: text) == nil)
        #expect(EntityTagCondition(parsing: text) == nil)
    }

    @Test func ifMatchIsWrittenAsItIsRead() {
        for condition in [IfMatch.any, .versions([7]), .versions([1, 2])] {
            #expect(IfMatch(text: condition.text) == condition)
        }
        #expect(IfMatch(text: IfMatch.versions([]).text) == .versions([]))
    }

    @Test(arguments: [
        ("\"4-h\"", true), ("W/\"4-h\"", true), ("\"1\", \"4-h\"", true), ("*", true), ("\"4\"", false),
        ("\"4-H\"", false), ("\"4-h\" , W/\"9\"", true),
    ])
    func ifNoneMatchComparesWeakly(text: String, matches: Bool) throws {
        let condition = try #require(EntityTagCondition(parsing: text))
        #expect(condition.matchesWeakly(EntityTag(version: 4, hash: "h")) == matches)
    }
}

/// A counter that others may count up in between.
private struct Counter: Versioned {
    var version: Int
    var etag: EntityTag { EntityTag(version: version) }
}

@Suite struct ConditionalWriteTests {
    private struct Absent: Error {}

    private func codeOf(_ ifMatch: IfMatch?, overtaken: Int, reads: inout Int, writes: inout Int) async throws -> String
    {
        var (counter, readCount, writeCount) = (Counter(version: 1), 0, 0)
        defer { (reads, writes) = (readCount, writeCount) }
        do {
            return try await ConditionalWrite(ifMatch).run {
                readCount += 1
                return counter
            } write: { read in
                if writeCount < overtaken { counter.version += 1 }
                writeCount += 1
                return read.version == counter.version ? "written over \(read.version)" : nil
            }
        } catch let problem as Problem {
            return problem.kind.code + (problem.headers.first.map { " \($0.value)" } ?? "")
        }
    }

    @Test(arguments: [
        (nil as IfMatch?, 0, "precondition-required", 1, 0), (.any, 0, "written over 1", 1, 1),
        (.any, 2, "written over 3", 3, 3), (.any, 10, "written over 11", 11, 11), (.any, 1_000, "unavailable", 24, 24),
        (.versions([1]), 0, "written over 1", 1, 1), (.versions([2]), 0, "precondition-failed \"1\"", 1, 0),
        (.versions([]), 0, "precondition-failed \"1\"", 1, 0),
        // The other writer was first: what was read no longer holds.
        (.versions([1]), 1, "precondition-failed \"2\"", 2, 1),
        // Both versions were agreed to.
        (.versions([1, 2]), 1, "written over 2", 2, 2),
    ])
    func outcomes(ifMatch: IfMatch?, overtaken: Int, code: String, reads: Int, writes: Int) async throws {
        var (readCount, writeCount) = (0, 0)
        let found = try await codeOf(ifMatch, overtaken: overtaken, reads: &readCount, writes: &writeCount)
        #expect(found == code && readCount == reads && writeCount == writes)
    }

    /// To whom there is nothing, no condition is judged.
    @Test func absenceGoesFirst() async {
        for ifMatch in [nil, IfMatch.any, .versions([1])] {
            await #expect(throws: Absent.self) {
                try await ConditionalWrite(ifMatch).run {
                    throw Absent()
                } write: { (_: Counter) in
                    ""
                }
            }
        }
    }
}
