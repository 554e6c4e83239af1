internal import Primitives

/// Articles that look like written ones, in CommonMark, the same for the same seed.
package struct ArticleFactory: Sendable {
    private var generator: SeededGenerator

    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// What an author would send.
    package struct Sample: Sendable, Hashable {
        package let title: String
        package let body: String
        package let tags: [String]
        package let locale: String
    }

    package mutating func next() -> Sample {
        let topic = pick(Vocabulary.topics)
        let subject = pick(topic.subjects)
        var tags = [topic.tag]
        if chance(60) { tags.append(pick(Vocabulary.moreTags)) }
        return Sample(
            title: title(subject), body: body(topic, subject), tags: tags, locale: chance(85) ? "en" : "en-GB")
    }

    private mutating func title(_ subject: String) -> String {
        let adjective = pick(Vocabulary.adjectives)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: return "The \(adjective) \(subject)"
        case 1: return "How \(pick(Vocabulary.people)) \(pick(Vocabulary.verbs)) the \(subject)"
        case 2: return "Notes on \(Self.article(for: adjective)) \(adjective) \(subject)"
        default: return "What the \(subject) taught us \(pick(Vocabulary.times))"
        }
    }

    private mutating func body(_ topic: Vocabulary.Topic, _ subject: String) -> String {
        var blocks = [paragraph(topic, subject)]
        for heading in ["How it began", "What we found", "What is left"].prefix(
            Int.random(in: 1...3, using: &generator))
        {
            blocks.append("## \(heading)")
            blocks.append(paragraph(topic, subject))
            blocks.append(extra(topic, subject))
        }
        blocks.append("*\(pick(Vocabulary.lessons))*")
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private mutating func paragraph(_ topic: Vocabulary.Topic, _ subject: String) -> String {
        (0..<Int.random(in: 3...6, using: &generator)).map { _ in sentence(topic, subject) }.joined(separator: " ")
    }

    private mutating func sentence(_ topic: Vocabulary.Topic, _ subject: String) -> String {
        let people = pick(Vocabulary.people)
        let verb = pick(Vocabulary.verbs)
        let text =
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: "\(people) \(verb) the \(subject) \(pick(Vocabulary.places))"
            case 1: "\(pick(Vocabulary.times)), \(people) \(verb) what the \(pick(topic.materials)) had left"
            case 2:
                "the \(pick(topic.subjects)) \(pick(Vocabulary.places)) was **\(pick(Vocabulary.adjectives))**, "
                    + "and \(people) \(verb) it \(pick(Vocabulary.times))"
            default: "without \(pick(topic.materials)) there is no \(subject), as \(people) knew"
            }
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    private mutating func extra(_ topic: Vocabulary.Topic, _ subject: String) -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            return (0..<3).map { _ in "- \(pick(topic.materials)), \(pick(Vocabulary.adjectives))" }
                .joined(separator: "\n")
        case 1: return "> \(pick(Vocabulary.lessons))\n>\n> — \(pick(Vocabulary.people))"
        case 2:
            let rows = topic.materials.prefix(3).map { "| \($0) | \(Int.random(in: 2...90, using: &generator)) |" }
            return (["| Material | Share in % |", "|---|--:|"] + rows).joined(separator: "\n")
        default:
            return "See [the \(subject)](https://example.org/\(topic.tag)) for drawings, and `plate "
                + "\(Int.random(in: 1...40, using: &generator))` for the section."
        }
    }

    private static func article(for word: String) -> String {
        word.first.map { "aeiou".contains($0) } == true ? "an" : "a"
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element {
        list[Int.random(in: 0..<list.count, using: &generator)]
    }

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &generator) < percent
    }
}
