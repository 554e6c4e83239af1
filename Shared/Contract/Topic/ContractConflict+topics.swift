extension ContractConflict {
    /// Every conflict in `topics`, one sentence each; empty when they fit together.
    package static func all(in topics: [TopicDescription]) -> [String] {
        var conflicts: [String] = []
        var versions: Set<String> = []
        var producers: [String: ServiceName] = [:]
        for topic in topics {
            let id = "\(topic.name) \(topic.version)"
            if !versions.insert(id).inserted { conflicts.append("\(id): the topic's version is declared twice.") }
            if let producer = producers.updateValue(topic.producer, forKey: topic.name), producer != topic.producer {
                conflicts.append("\(id): another version has another producer.")
            }
            conflicts += topic.conflicts.map { "\(id): \($0)" }
        }
        return conflicts
    }
}

extension TopicDescription {
    fileprivate var conflicts: [String] {
        var found: [String] = []
        let isKebab = name.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        if !isKebab || name.isEmpty { found.append("the name is not in kebab-case.") }
        if version < 1 { found.append("versions count from 1.") }
        if producer == .gateway { found.append("the gateway has no database to keep an event in.") }
        if consumers.contains(.gateway) { found.append("the gateway has no database to receive an event in.") }
        if Set(consumers).count != consumers.count { found.append("a consumer stands twice.") }
        if fields.contains(where: { $0.place != .body }) { found.append("an event has a body only.") }
        if Set(fields.map(\.name)).count != fields.count { found.append("a field stands twice.") }
        if summary.isEmpty { found.append("it has no summary.") }
        return found
    }
}
