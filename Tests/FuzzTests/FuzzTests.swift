import FuzzKit
import Primitives
import Testing

/// Every parser of what strangers send: its corpus again, and some thousand mutations of it, the same each time. `make
/// fuzz` goes on from there.
@Suite("Fuzzing")
struct FuzzTests {
    private static let mutations = 3000
    private static let seed: UInt64 = 2026

    @Test("The corpus holds nothing that breaks a parser", arguments: FuzzTarget.all)
    func corpus(target: FuzzTarget) throws {
        let inputs = try Corpus.inputs(of: target)
        #expect(inputs.count >= 3, "seeds are missing")
        for (name, bytes) in inputs {
            do { try target.check(bytes) } catch { Issue.record("\(target)/\(name): \(error)") }
        }
    }

    @Test("Nor do its mutations", arguments: FuzzTarget.all)
    func mutated(target: FuzzTarget) throws {
        let inputs = try Corpus.inputs(of: target).map(\.bytes)
        var mutator = Mutator(seed: Self.seed, dictionary: target.dictionary)
        for _ in 0..<Self.mutations {
            let bytes = mutator.next(of: inputs)
            do { try target.check(bytes) } catch {
                Issue.record("\(target): \(error), by \(Hex.encode(bytes))")
                return
            }
        }
    }
}
