internal import Primitives

/// Changes inputs a little, as a fuzzer does that knows nothing of coverage. The seed determines everything.
package struct Mutator {
    private var generator: SeededGenerator
    private let dictionary: [[UInt8]]
    private static let bytesMax = 8192
    private static let interesting: [UInt8] = [0, 1, 9, 10, 13, 32, 34, 47, 48, 92, 0x7F, 0x80, 0xC0, 0xED, 0xFF]

    package init(seed: UInt64, dictionary: [String]) {
        generator = SeededGenerator(seed: seed)
        self.dictionary = dictionary.map { Array($0.utf8) }
    }

    /// One of `inputs`, changed in one to five places.
    package mutating func next(of inputs: [[UInt8]]) -> [UInt8] {
        var bytes = inputs.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
            change(&bytes, inputs)
            if bytes.count > Self.bytesMax { bytes.removeLast(bytes.count - Self.bytesMax) }
        }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ others: [[UInt8]]) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = Int.random(in: place...min(bytes.count, place + 16), using: &generator)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 2: bytes.insert(Self.interesting.randomElement(using: &generator) ?? 0, at: place)
        case 3: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &generator) }
        case 4: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
        case 5: bytes.removeSubrange(place..<bytes.count)
        case 6:
            let other = others.randomElement(using: &generator) ?? []
            let cut = Int.random(in: 0...other.count, using: &generator)
            bytes.replaceSubrange(place..<bytes.count, with: other[cut...])
        default:
            guard let piece = dictionary.randomElement(using: &generator) else { return }
            bytes.replaceSubrange(Bool.random(using: &generator) ? place..<end : place..<place, with: piece)
        }
    }
}
