internal import Contract
internal import Primitives
internal import Redis
internal import Synchronization

extension EventConsumer {
    /// Works on a lane until nothing waits in it.
    func work(_ lane: String) async {
        while let delivery = table.withLock({ $0.next(in: lane) }) {
            let isAcknowledged = await settle(delivery)
            table.withLock { $0.finish(delivery) }
            // Only now: what is in hand is passed over where the pending entries are read.
            if !isAcknowledged { mayHaveLeft.store(true, ordering: .relaxed) }
        }
    }

    /// Tries until the event has taken effect or is put aside, then acknowledges it; false where that failed.
    private func settle(_ delivery: Delivery) async -> Bool {
        // Each reading of what is pending counts as a delivery, whether or not the event was tried: only a number that
        // no restart and no change of the lead explains stands for an event that takes its process down.
        var attempt = delivery.deliveries > settings.deliveriesMax ? delivery.deliveries : 1
        var outages = 0
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            let outcome = await turnstile.pass { await self.outcome(of: delivery, attempt: attempt) }
            let facts = try? delivery.content.get().facts
            switch outcome {
            case .done:
                if let facts { observe(.done(facts)) }
                return await acknowledge(delivery)
            case .duplicate:
                if let facts { observe(.duplicate(facts)) }
                return await acknowledge(delivery)
            case .dead(let reason):
                observe(.dead(topic: delivery.place.topic, facts, reason: reason))
                await bury(delivery, reason)
                return await acknowledge(delivery)
            case .retry(let reason):
                if let facts { observe(.willRetry(facts, attempt: attempt, reason: reason)) }
                try? await Task.sleep(for: settings.schedule.delay(afterAttempt: attempt, using: &generator))
                attempt += 1
            case .unavailable(let reason):
                outages += 1
                if !Task.isCancelled { observe(.unavailable(topic: delivery.place.topic, reason: reason)) }
                try? await Task.sleep(for: settings.outage.delay(afterAttempt: outages, using: &generator))
            }
        }
        return false
    }

    private func outcome(of delivery: Delivery, attempt: Int) async -> EventOutcome {
        switch delivery.content {
        case .success(let event): await receiver.receive(event, attempt)
        case .failure(let fault): await receiver.setAside(delivery.place.topic, fault)
        }
    }

    /// For whoever watches Redis; the truth is what the receiver has recorded, so that a failure changes nothing.
    private func bury(_ delivery: Delivery, _ reason: String) async {
        let command = AppendToStream(
            streams.deadLetters(delivery.place.topic),
            delivery.fields + [RedisField("consumer", group), RedisField("reason", reason)],
            entriesMax: settings.deadLettersMax)
        do throws(RedisFailure) {
            _ = try await redis.send(command)
        } catch {
            observe(.redisFailed(error))
        }
    }

    /// What is not acknowledged is read again later, and is a duplicate then.
    private func acknowledge(_ delivery: Delivery) async -> Bool {
        do throws(RedisFailure) {
            let stream = streams.stream(delivery.place.topic)
            _ = try await redis.send(AcknowledgeEntries(stream, group: group, [delivery.place.id]))
            return true
        } catch {
            observe(.redisFailed(error))
            return false
        }
    }
}
