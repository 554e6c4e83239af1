internal import Contract
internal import Redis

extension EventConsumer {
    /// Everything that this service was given and has not acknowledged: what a predecessor left, and what this one
    /// lost sight of when a reply was lost.
    func pending() async throws(RedisFailure) -> [Delivery] {
        var found: [Delivery] = []
        for topic in topics { found += try await pending(of: topic) }
        return Self.inOrder(found)
    }

    private func pending(of topic: String) async throws(RedisFailure) -> [Delivery] {
        let stream = streams.stream(topic)
        var found: [Delivery] = []
        var last = StreamID.zero
        while true {
            let command = ReadGroup(
                [stream], group: group, consumer: group, .pending(after: last), countMax: settings.batchMax)
            guard let read = try await redis.send(command).first else { return found }
            try await sendAgain(read.deleted, of: topic)
            guard let through = (read.entries.map(\.id) + read.deleted).max() else { return found }
            let counts = try await redis.send(
                PendingEntries(stream, group: group, from: last, through: through, countMax: settings.batchMax))
            let deliveries = Dictionary(counts.map { ($0.id, $0.deliveries) }) { first, _ in first }
            found += read.entries.map { Delivery($0, topic: topic, deliveries: Int(deliveries[$0.id] ?? 1)) }
            last = through
        }
    }

    /// Entries that somebody deleted before they took effect: without its mark the log counts as lost, so that the
    /// relay sends again what is not confirmed. The mark goes first, or the relay could believe the acknowledgement.
    private func sendAgain(_ deleted: [StreamID], of topic: String) async throws(RedisFailure) {
        guard !deleted.isEmpty else { return }
        observe(.vanished(topic: topic, count: deleted.count))
        _ = try await redis.send(DeleteKeys(streams.mark(topic)))
        _ = try await redis.send(AcknowledgeEntries(streams.stream(topic), group: group, deleted))
    }

    /// Makes the groups that are missing, each from the beginning of its stream; false where Redis does not let it.
    func makeGroups() async -> Bool {
        for topic in topics {
            do throws(RedisFailure) {
                try await redis.send(CreateConsumerGroup(streams.stream(topic), group: group, after: .zero))
            } catch {
                // It is there.
                if error.kind == .server(code: "BUSYGROUP") { continue }
                observe(.redisFailed(error))
                return false
            }
        }
        return true
    }
}
