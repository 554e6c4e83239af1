package import Postgres
package import Primitives
internal import Synchronization

/// Runs the jobs of one schema. Any number of runners, in any number of processes, share the work.
///
/// Woken by a notification when a job is enqueued, by its own finished jobs, and every `pollInterval` for retries,
/// ended leases and lost notifications.
package final class JobRunner: Sendable {
    package typealias Handler = @Sendable (Job) async throws(JobFailure) -> Void

    /// Limits and times, each with a default that suits mail.
    package struct Settings: Sendable {
        /// Jobs that this runner works on at the same time.
        package var concurrentJobsMax = 4
        /// How long a claimed job belongs to this runner. A handler is cancelled, and the attempt failed, after four
        /// fifths of it.
        package var lease = Duration.seconds(120)
        package var pollInterval = Duration.seconds(5)
        package var schedule = RetrySchedule()
        package var deadKept = Duration.seconds(30 * 86_400)
        /// How long after its order a job's key is known, whatever became of the job.
        package var keysKept = Duration.seconds(7 * 86_400)

        package init() {}
    }

    let database: Database
    let handlers: [JobKind: Handler]
    let settings: Settings
    let observe: @Sendable (JobObservation) -> Void
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let running = Atomic<Int>(0)

    /// - Parameter handlers: only jobs of these kinds are claimed.
    package init(
        _ database: Database, handlers: [JobKind: Handler], settings: Settings = Settings(),
        observe: @escaping @Sendable (JobObservation) -> Void = { _ in }
    ) {
        self.database = database
        self.handlers = handlers
        self.settings = settings
        self.observe = observe
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var kinds: [String] { handlers.keys.map(\.name).sorted() }

    /// Works until `stop` is called and the jobs in hand are done. Cancelling the task also cancels their handlers;
    /// what they leave is run again once its lease has ended. Call it once.
    package func run() async {
        await withDiscardingTaskGroup { wakers in
            wakers.addTask { await self.wakeOnNotifications() }
            wakers.addTask { await self.wakeOnTime() }
            await withDiscardingTaskGroup { jobs in
                for await _ in wake {
                    for job in await claim() {
                        running.add(1, ordering: .relaxed)
                        jobs.addTask {
                            await self.perform(job)
                            self.running.subtract(1, ordering: .relaxed)
                            // There is room for another one.
                            self.waker.yield()
                        }
                    }
                }
            }
            wakers.cancelAll()
        }
    }

    /// Takes no more jobs; `run` returns when those in hand are done.
    package func stop() {
        waker.finish()
    }

    private func claim() async -> [Job] {
        let room = settings.concurrentJobsMax - running.load(ordering: .relaxed)
        guard room > 0 else { return [] }
        do {
            return try await database.all(JobStatements.claim, kinds, room, settings.lease.inSeconds)
        } catch {
            observe(.databaseFailed(error))
            return []
        }
    }

    private func wakeOnTime() async {
        while !Task.isCancelled {
            await tidy()
            waker.yield()
            try? await Task.sleep(for: settings.pollInterval)
        }
    }

    private func wakeOnNotifications() async {
        var channel: String?
        while channel == nil, !Task.isCancelled {
            channel = try? await database.one(JobStatements.channel)
            if channel == nil { try? await Task.sleep(for: settings.pollInterval) }
        }
        guard let channel else { return }
        for await _ in database.notifications(on: channel, limit: 1) { waker.yield() }
    }

    private func tidy() async {
        do {
            let buried = try await database.execute(JobStatements.bury, kinds)
            if buried > 0 { observe(.buried(count: buried)) }
            try await database.execute(JobStatements.prune, settings.deadKept.inSeconds)
            try await database.execute(JobStatements.pruneKeys, settings.keysKept.inSeconds)
        } catch {
            observe(.databaseFailed(error))
        }
    }
}
