import Foundation
import FuzzKit
import Gateway
import JSON
import Primitives
import TestKit
import Testing

/// What two programs make of the same bytes: ours, and Python's own library (`Clients/oracle.py`).
@Suite("Differences from other readers")
struct OracleTests {
    private static let inputsCount = 4000

    @Test("JSON means what it means to Python")
    func json() async throws {
        let inputs = try Self.inputs(.named("json"))
        let theirs = try await Self.ask("json", inputs)
        var accepted = 0
        for (input, their) in zip(inputs, theirs) {
            switch Result(catching: { try JSONValue.parse(input) }) {
            case .success(let value):
                accepted += 1
                #expect(Self.meaning(value) == their, "\(Hex.encode(input))")
            case .failure(let fault):
                let isOurLimit = (fault as? JSONFault).map { Self.limits.contains($0.reason) } ?? false
                #expect(isOurLimit || their == "refused", "\(fault) by \(Hex.encode(input))")
            }
        }
        #expect(accepted > Self.inputsCount / 50)
    }

    @Test("A path means what it means to Python")
    func paths() async throws {
        let inputs = try Self.inputs(.named("canonical-path")).filter { String(validating: $0, as: UTF8.self) != nil }
        let theirs = try await Self.ask("path", inputs)
        var accepted = 0
        for (input, their) in zip(inputs, theirs) {
            let path = try? CanonicalPath(String(decoding: input, as: UTF8.self))
            if path != nil { accepted += 1 }
            #expect((path?.target ?? "refused") == their, "\(Hex.encode(input))")
        }
        #expect(accepted > Self.inputsCount / 50)
    }

    /// Bounds that Python does not have.
    private static let limits: Set<JSONFault.Reason> = [
        .tooDeep, .tooManyMembers, .tooManyElements, .stringTooLong, .numberTooLong, .documentTooLong,
    ]

    private static func inputs(_ target: FuzzTarget?) throws -> [[UInt8]] {
        let target = try #require(target)
        let corpus = try Corpus.inputs(of: target).map(\.bytes)
        var mutator = Mutator(seed: UInt64.random(in: 0 ... .max), dictionary: target.dictionary)
        return corpus + (0..<inputsCount).map { _ in mutator.next(of: corpus) }
    }

    private static func ask(_ what: String, _ inputs: [[UInt8]]) async throws -> [String] {
        let file = NSTemporaryDirectory() + "/causeway-oracle-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try inputs.map { Hex.encode($0) }.joined(separator: "\n").write(
            toFile: file, atomically: false, encoding: .utf8)
        let outcome = try await ChildProcess.run(
            [ChildProcess.python, "-B", Repository.path("Tests/FuzzTests/Clients/oracle.py"), what, file], seconds: 60)
        let answers = outcome.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        try #require(outcome.status == 0 && answers.count == inputs.count, "\(outcome.errorText)")
        return answers
    }

    /// One spelling for each meaning: numbers by their bits, texts by their bytes.
    private static func meaning(_ value: JSONValue) -> String {
        switch value {
        case .null: "n"
        case .bool(let flag): flag ? "t" : "f"
        case .integer(let number): meaning(Double(number))
        case .number(let number): meaning(number)
        case .string(let text): "s" + Hex.encode(Array(text.utf8))
        case .array(let elements): "[" + elements.map(meaning).joined(separator: ",") + "]"
        case .object(let object):
            "{"
                + object.members.map { Hex.encode(Array($0.name.utf8)) + ":" + meaning($0.value) }
                .joined(separator: ",") + "}"
        }
    }

    private static func meaning(_ number: Double) -> String {
        // Nobody has to tell zeros apart.
        let bits = number == 0 ? 0 : number.bitPattern
        let digits = String(bits, radix: 16)
        return "d" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
