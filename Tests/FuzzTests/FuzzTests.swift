import FuzzKit
import Primitives
import Testing

/// Every parser of what strangers send: its corpus again, and some thousand mutations of it. `make fuzz` goes on from
/// there.
@Suite("Fuzzing")
struct FuzzTests {
    private static let mutations = 3000

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
        // Always other bytes: what is found is told in full, and belongs into the corpus.
        let seed = UInt64.random(in: 0 ... .max)
        var mutator = Mutator(seed: seed, dictionary: target.dictionary)
        for _ in 0..<Self.mutations {
            let bytes = mutator.next(of: inputs)
            do { try target.check(bytes) } catch {
                Issue.record("\(target): \(error), by \(Hex.encode(bytes)) of the seed \(seed)")
                return
            }
        }
    }
}
