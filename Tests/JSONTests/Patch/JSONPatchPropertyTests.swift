import JSON
import Primitives
import Testing

@Suite struct JSONPatchPropertyTests {
    /// The patch that turns one document into another, and the one that turns it back, do what they say.
    @Test(arguments: 0..<20 as Range<UInt64>) func aDifferenceIsMadeAndUnmade(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var limits = JSONPatch.Limits()
        limits.operationsMax = 10_000
        for _ in 0..<100 {
            let (before, after) = (value(depth: 4, &generator), value(depth: 4, &generator))
            let (there, back) = (Self.difference(before, after), Self.difference(after, before))
            let patched = try JSONPatch(json: there, limits: limits).applied(to: before)
            #expect(patched.means(after))
            #expect(try JSONPatch(json: back, limits: limits).applied(to: patched).means(before))
        }
    }

    /// Each single operation and its inverse leave the document as it was.
    @Test(arguments: 20..<40 as Range<UInt64>) func operationsAreUndone(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var done = 0
        for _ in 0..<300 {
            let document = value(depth: 4, &generator)
            let operation = operation(on: document, &generator)
            guard let changed = try? JSONPatch([operation]).applied(to: document) else { continue }
            let undo = try #require(Self.inverse(of: operation, on: document))
            #expect(try JSONPatch(undo).applied(to: changed).means(document), "\(operation) on \(document)")
            done += 1
        }
        #expect(done > 20)
    }

    /// A patch does all or nothing, and the same again to the same document.
    @Test(arguments: 40..<60 as Range<UInt64>) func patchesOfAnythingAreHandled(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var outcomes: [String: Int] = [:]
        for _ in 0..<300 {
            let document = value(depth: 4, &generator)
            let patch = JSONPatch(
                (0..<Int.random(in: 0...6, using: &generator)).map { _ in operation(on: document, &generator) })
            do {
                let changed = try patch.applied(to: document)
                #expect(try JSONValue.parse(changed.encoded).means(changed))
                #expect((try? patch.applied(to: document)) == changed)
                // The sum of its parts.
                var stepped = document
                for operation in patch.operations { stepped = try JSONPatch([operation]).applied(to: stepped) }
                #expect(stepped == changed)
                outcomes["done", default: 0] += 1
            } catch let error as JSONPatchFault {
                outcomes["refused", default: 0] += 1
                #expect(error.pointer.tokens.first.flatMap { Int($0) } ?? .max < patch.operations.count)
            }
        }
        #expect(outcomes.count == 2)
    }

    /// Damaged patch documents are refused with a reason, or mean something; none crashes.
    @Test(arguments: 60..<70 as Range<UInt64>) func damagedPatchesAreHandled(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let seeds = [
            #"[{"op":"add","path":"/a/-","value":{"b":[1,"~"]}},{"op":"test","path":"/a/0","value":null}]"#,
            #"[{"op":"move","from":"/a~1b","path":"/c/0"},{"op":"copy","from":"","path":"/d"}]"#,
        ]
        let document: JSONValue = ["a": [1, 2], "a/b": ["x": true], "c": []]
        for _ in 0..<2_000 {
            var bytes = Array((seeds.randomElement(using: &generator) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] =
                    Array("{}[]\",:/~-01adopr".utf8).randomElement(using: &generator) ?? 0
            }
            guard let json = try? JSONValue.parse(bytes), let patch = try? JSONPatch(json: json) else { continue }
            _ = try? patch.applied(to: document)
        }
    }

    // MARK: the other side of the comparison

    /// Operations that turn `before` into `after`: members by name, arrays from their end.
    private static func difference(_ before: JSONValue, _ after: JSONValue, at place: JSONPointer = .root) -> JSONValue
    {
        var operations: [JSONValue] = []
        func walk(_ before: JSONValue, _ after: JSONValue, _ place: JSONPointer) {
            func say(_ op: String, _ pointer: JSONPointer, _ value: JSONValue? = nil) {
                var operation: JSONObject = ["op": .string(op), "path": .string(pointer.description)]
                if let value { operation["value"] = value }
                operations.append(.object(operation))
            }
            switch (before, after) {
            case (.object(let old), .object(let new)):
                for member in old.members where new[member.name] == nil { say("remove", place.appending(member.name)) }
                for member in new.members {
                    if let known = old[member.name] {
                        walk(known, member.value, place.appending(member.name))
                    } else {
                        say("add", place.appending(member.name), member.value)
                    }
                }
            case (.array(let old), .array(let new)):
                for index in stride(from: old.count - 1, through: new.count, by: -1) {
                    say("remove", place.appending(index))
                }
                for (index, value) in new.enumerated() {
                    if index < old.count {
                        walk(old[index], value, place.appending(index))
                    } else {
                        say("add", place.appending("-"), value)
                    }
                }
            default: if !before.means(after) { say("replace", place, after) }
            }
        }
        walk(before, after, place)
        return .array(operations)
    }

    private static func inverse(
        of operation: JSONPatch.Operation, on document: JSONValue
    ) -> [JSONPatch.Operation]? {
        func restore(_ path: JSONPointer) -> [JSONPatch.Operation] {
            // An element that was inserted has no value to go back to.
            if let last = path.tokens.last, let parent = document[JSONPointer(Array(path.tokens.dropLast()))] {
                if case .array(let elements) = parent {
                    return [.remove(JSONPointer(path.tokens.dropLast() + [last == "-" ? "\(elements.count)" : last]))]
                }
            }
            guard let value = document[path] else { return [.remove(path)] }
            return [.replace(path, value)]
        }
        switch operation {
        case .test: return []
        case .add(let path, _), .copy(_, let path): return restore(path)
        case .replace(let path, _): return document[path].map { [.replace(path, $0)] }
        case .remove(let path): return document[path].map { [.add(path, $0)] }
        case .move(let from, let path):
            guard let moved = document[from], from != path else { return [] }
            guard let bare = try? JSONPatch([.remove(from)]).applied(to: document) else { return nil }
            guard let undone = inverse(of: .add(path, moved), on: bare) else { return nil }
            return undone + [.add(from, moved)]
        }
    }

    private func operation(on document: JSONValue, _ generator: inout SeededGenerator) -> JSONPatch.Operation {
        let (path, from) = (pointer(in: document, &generator), pointer(in: document, &generator))
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return .add(path, value(depth: 2, &generator))
        case 1: return .remove(path)
        case 2: return .replace(path, value(depth: 2, &generator))
        case 3: return .move(from: from, to: path)
        case 4: return .copy(from: from, to: path)
        default: return .test(path, document[path] ?? .null)
        }
    }

    /// Mostly a place that is there.
    private func pointer(in document: JSONValue, _ generator: inout SeededGenerator) -> JSONPointer {
        var pointer = JSONPointer.root
        var value = document
        while Int.random(in: 0..<4, using: &generator) > 0 {
            switch value {
            case .array(let elements) where !elements.isEmpty:
                let index = Int.random(in: elements.indices, using: &generator)
                (pointer, value) = (pointer.appending(index), elements[index])
            case .object(let object) where !object.isEmpty:
                guard let member = object.members.randomElement(using: &generator) else { return pointer }
                (pointer, value) = (pointer.appending(member.name), member.value)
            default: return pointer.appending(["-", "0", "new", ""].randomElement(using: &generator) ?? "")
            }
        }
        let isNew = Int.random(in: 0..<4, using: &generator) == 0
        return isNew ? pointer.appending(["-", "0", "~/"].randomElement(using: &generator) ?? "") : pointer
    }

    private func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 4), using: &generator) {
        case 0: return .null
        case 1: return .integer(Int64.random(in: -9...9, using: &generator))
        case 2: return .number(Double(Int.random(in: -9...9, using: &generator)) / 2)
        case 3: return .string(["", "a", "~", "/", "é"].randomElement(using: &generator) ?? "")
        case 4, 5:
            return .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in value(depth: depth - 1, &generator) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<5, using: &generator) {
                object[["a", "b", "~", "/", "", "0"].randomElement(using: &generator) ?? ""] = value(
                    depth: depth - 1, &generator)
            }
            return .object(object)
        }
    }
}
