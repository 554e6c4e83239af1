import JSON
import TestKit
import Testing

/// Both formats of patches, member by member.
@Suite struct PatchTests {
    private static let start = #"""
        {"title":"T","body":"B","summary":"S","slug":"s","tags":["a","b"],"locale":"en","data":{"k":[1,null]}}
        """#

    /// For each member: what leaves it out, says null and says a value comes to; null where it is refused.
    private static let members: [(name: String, value: String, shown: String, cleared: String?)] = [
        ("title", #""U""#, #""U""#, nil), ("body", #""C""#, #""C""#, nil), ("summary", #""R""#, #""R""#, #""B""#),
        ("slug", #""u""#, #""u""#, nil), ("tags", #"["c"]"#, #"["c"]"#, nil), ("locale", #""de""#, #""de""#, nil),
        ("data", #"{"l":2}"#, #"{"l":2}"#, nil),
    ]

    private func shown(_ reply: EndpointProbe.Reply) -> [String: JSONValue] {
        Dictionary(uniqueKeysWithValues: Self.members.map { ($0.name, reply[$0.name] ?? "absent") })
    }

    @Test func absentNullAndValueAreToldApart() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for (index, member) in Self.members.enumerated() {
                for isMergePatch in [true, false] {
                    let slug = "s-\(index)-\(isMergePatch)"
                    let id = try await ada.create(Self.start.replacing(#""slug":"s""#, with: #""slug":"\#(slug)""#)).id
                    let before = shown(try await ada.draft(id))
                    func send(_ value: String?) async throws -> EndpointProbe.Reply {
                        if isMergePatch {
                            return try await ada.patch(id, value.map { #"{"\#(member.name)":\#($0)}"# } ?? "{}")
                        }
                        let operation: String? = value.map {
                            $0 == "null"
                                ? #"{"op":"remove","path":"/\#(member.name)"}"#
                                : #"{"op":"replace","path":"/\#(member.name)","value":\#($0)}"#
                        }
                        return try await ada.jsonPatch(id, "[\(operation ?? "")]")
                    }
                    let absent = try await send(nil)
                    #expect(shown(absent) == before && absent.etag?.hasPrefix("\"1-") == true)
                    let null = try await send("null")
                    if let cleared = member.cleared {
                        #expect(null[member.name] == (try JSONValue.parse(cleared)))
                    } else {
                        #expect(null.code == "validation" && null.faults == ["/\(member.name) type"], "\(null)")
                    }
                    let unique = member.name == "slug" ? #""u-\#(isMergePatch)""# : member.value
                    let set = try await send(unique)
                    var expected = before
                    expected[member.name] = try JSONValue.parse(member.name == "slug" ? unique : member.shown)
                    #expect(shown(set) == expected, "\(member.name)")
                }
            }
        }
    }

    private static let patches: [(patch: String, outcome: String)] = [
        (#"[{"op":"add","path":"/tags/-","value":"C"}]"#, #"tags ["a","b","c"]"#),
        (#"[{"op":"add","path":"/tags/0","value":"z"},{"op":"remove","path":"/tags/2"}]"#, #"tags ["z","a"]"#),
        (#"[{"op":"move","from":"/tags/0","path":"/tags/1"}]"#, #"tags ["b","a"]"#),
        (#"[{"op":"test","path":"/tags","value":["a","b"]},{"op":"replace","path":"/tags","value":[]}]"#, "tags []"),
        (#"[{"op":"copy","from":"/title","path":"/summary"}]"#, #"summary "T""#),
        (#"[{"op":"add","path":"/data/k/-","value":{"x":1}}]"#, #"data {"k":[1,null,{"x":1}]}"#),
        (#"[{"op":"remove","path":"/data/k"}]"#, "data {}"),
        (#"[{"op":"replace","path":"/data","value":{}}]"#, "data {}"),
        (
            #"[{"op":"replace","path":"","value":{"title":"Whole"}}]"#,
            "422 /body type,/slug type,/tags type,/locale type,/data type"
        ),
        (#"[{"op":"replace","path":"","value":7}]"#, "422  type"),
        (#"[{"op":"remove","path":""}]"#, "409 /0/path removes-root"),
        (#"[{"op":"test","path":"/title","value":"U"},{"op":"remove","path":"/tags/0"}]"#, "409 /0/value test-failed"),
        (#"[{"op":"remove","path":"/tags/0"},{"op":"remove","path":"/tags/9"}]"#, "409 /1/path no-such-place"),
        (#"[{"op":"move","from":"/data","path":"/data/k"}]"#, "400 /0/path moves-into-itself"),
        (#"[{"op":"add","path":"/tags/-"}]"#, "400 /0/value missing-member"),
        (#"{"title":"U"}"#, "400  not-an-array"),
        (#"[{"op":"add","path":"/tags/-","value":7}]"#, "422 /tags/2 type"),
        (#"[{"op":"add","path":"/tags/-","value":"b"}]"#, "422 /tags duplicate"),
        (#"[{"op":"replace","path":"/title","value":""}]"#, "422 /title length"),
        (#"[{"op":"move","from":"/title","path":"/summary"}]"#, "422 /title type"),
        // What can be seen and not patched, and what is not there at all.
        (
            #"[{"op":"replace","path":"/id","value":"x"},{"op":"test","path":"/status","value":"draft"}]"#,
            "422 /id unknown,/status unknown"
        ),
        (#"[{"op":"add","path":"/nothing","value":1}]"#, "422 /nothing unknown"),
        (#"[{"op":"copy","from":"/bodyHtml","path":"/body"}]"#, "422 /bodyHtml unknown"),
    ]

    @Test func jsonPatchesChangeTheWorkingCopy() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for (index, (patch, outcome)) in Self.patches.enumerated() {
                let id = try await ada.create(Self.start.replacing(#""slug":"s""#, with: #""slug":"s-\#(index)""#)).id
                let reply = try await ada.jsonPatch(id, patch)
                if outcome.first?.isNumber == true {
                    let said = "\(reply.status) \(reply.faults.joined(separator: ","))"
                    #expect(said == outcome, "\(patch)")
                    #expect(try await ada.draft(id).etag?.hasPrefix("\"1-") == true)
                } else {
                    let name = String(outcome.prefix { $0 != " " })
                    let value = try JSONValue.parse(String(outcome.dropFirst(name.count + 1)))
                    #expect(reply[name]?.means(value) == true, "\(patch): \(reply)")
                    #expect(reply.etag?.hasPrefix("\"2-") == true && reply.status == 200)
                }
            }
        }
    }

    /// A patch is judged against the version that the client has seen, before anything else of it.
    @Test func ifMatchGuardsJSONPatches() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(Self.start).id
            let add = #"[{"op":"add","path":"/tags/-","value":"c"}]"#
            #expect(try await ada.jsonPatch(id, add, ifMatch: nil).code == "precondition-required")
            #expect(try await ada.jsonPatch(id, add, ifMatch: "\"1\"").status == 200)
            let misfit = #"[{"op":"test","path":"/title","value":"nothing"}]"#
            for patch in [add, misfit] {
                let stale = try await ada.jsonPatch(id, patch, ifMatch: "\"1\"")
                #expect(stale.code == "precondition-failed" && stale.etag?.hasPrefix("\"2-") == true)
            }
            #expect(try await ada.jsonPatch(id, misfit, ifMatch: "\"2\"").code == "patch-conflict")
            let bob = fixture.author("bob")
            #expect(try await bob.jsonPatch(id, add).code == "not-found")
            #expect(try await bob.jsonPatch(id, misfit, ifMatch: nil).code == "not-found")
        }
    }

    /// A summary that is made of the body stays so, unless somebody writes one, be it the same.
    @Test func aPatchOfSomethingElseLeavesTheSummaryDerived() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(#"{"title":"T","body":"First."}"#).id
            _ = try await ada.jsonPatch(id, #"[{"op":"replace","path":"/title","value":"U"}]"#)
            let derived = try await ada.jsonPatch(id, #"[{"op":"replace","path":"/body","value":"Second."}]"#)
            #expect(derived["summary"]?.string == "Second.")
            _ = try await ada.jsonPatch(id, #"[{"op":"replace","path":"/summary","value":"Second."}]"#)
            let kept = try await ada.jsonPatch(id, #"[{"op":"replace","path":"/body","value":"Third."}]"#)
            #expect(kept["summary"]?.string == "Second.")
        }
    }

    /// With `*` nobody is refused: each patch is made on top of the others.
    @Test func starAddsEveryTag() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            for round in 0..<5 {
                let id = try await ada.create(#"{"title":"Round \#(round)","body":""}"#).id
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for writer in 0..<10 {
                        group.addTask {
                            let add = #"[{"op":"add","path":"/tags/-","value":"w\#(writer)"}]"#
                            return try await ada.jsonPatch(id, add).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses == Array(repeating: 200, count: 10))
                let draft = try await ada.draft(id)
                #expect(Set(draft["tags"]?.array?.compactMap(\.string) ?? []) == Set((0..<10).map { "w\($0)" }))
                #expect(draft.etag?.hasPrefix("\"11-") == true)
            }
        }
    }

    /// Publishing may be bound to the version that was looked at.
    @Test func publishingHonoursIfMatch() async throws {
        try await ContentFixture.with { (fixture) async throws in
            let ada = fixture.author()
            let id = try await ada.create(Self.start).id
            _ = try await ada.patch(id, #"{"title":"U"}"#)
            let stale = try await ada.publish(id, ifMatch: "\"1\"")
            #expect(stale.code == "precondition-failed" && stale.etag?.hasPrefix("\"2-") == true)
            #expect(try await fixture.read(id).code == "not-found")
            #expect(try await ada.publish(id, ifMatch: "\"1\", \"2\"").status == 200)
            #expect(try await ada.unpublish(id, ifMatch: "\"1\"").code == "precondition-failed")
            #expect(try await fixture.read(id).status == 200)
            #expect(try await ada.unpublish(id, ifMatch: "*").status == 200)
            #expect(try await ada.publish(id, ifMatch: "nonsense").code == "invalid-query")
        }
    }
}
