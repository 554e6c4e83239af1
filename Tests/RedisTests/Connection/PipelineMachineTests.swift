import Primitives
import Testing

@testable import Redis

@Suite struct PipelineMachineTests {
    private struct Command: PipelinedCommand, Hashable {
        let name: Int
        var deadline = Deadline(nanoseconds: 1_000)
        var byteCount = 10
    }

    private let start = Deadline(nanoseconds: 0)

    private func machine(inFlightMax: Int = 3, bytesMax: Int = 1_000) -> PipelineMachine<Command> {
        PipelineMachine(inFlightMax: inFlightMax, inFlightBytesMax: bytesMax, stallTimeout: .nanoseconds(500))
    }

    private func ready(_ machine: inout PipelineMachine<Command>, held: [Int] = []) {
        machine.connected(handshakeReplies: 1, now: start)
        guard case .ready(let commands) = machine.received(now: start) else {
            Issue.record("not ready")
            return
        }
        #expect(commands.map(\.name) == held)
    }

    private func send(_ machine: inout PipelineMachine<Command>, _ command: Command) {
        #expect(submit(&machine, command) == .send)
        machine.sent(command, now: start)
    }

    private func submit(
        _ machine: inout PipelineMachine<Command>, _ command: Command
    ) -> PipelineMachine<Command>.Submission {
        machine.submit(command)
    }

    private func resume(_ machine: inout PipelineMachine<Command>) -> Bool { machine.resume() }

    private func attempt(_ machine: inout PipelineMachine<Command>) -> Int? { machine.lost().reconnectAttempt }

    private func reply(_ machine: inout PipelineMachine<Command>) -> Int? {
        guard case .reply(let command) = machine.received(now: start) else { return nil }
        return command.name
    }

    @Test func holdsCommandsUntilTheHandshakeIsAnswered() {
        var machine = machine()
        #expect(submit(&machine, Command(name: 1)) == .connect)
        #expect(submit(&machine, Command(name: 2)) == .hold)
        machine.connected(handshakeReplies: 2, now: start)
        #expect(submit(&machine, Command(name: 3)) == .hold)
        #expect(submit(&machine, Command(name: 4)) == .refuse(.tooManyInFlight))
        guard case .handshake = machine.received(now: start) else {
            Issue.record("the first reply is not the handshake's")
            return
        }
        guard case .ready(let held) = machine.received(now: start) else {
            Issue.record("not ready")
            return
        }
        #expect(held.map(\.name) == [1, 2, 3])
        for command in held { send(&machine, command) }
        #expect([reply(&machine), reply(&machine), reply(&machine)] == [1, 2, 3])
        guard case .unexpected = machine.received(now: start) else {
            Issue.record("nobody asked for that")
            return
        }
    }

    @Test func aRefusedHandshakeFailsWhatIsHeld() {
        var machine = machine()
        #expect(submit(&machine, Command(name: 1)) == .connect)
        machine.connected(handshakeReplies: 1, now: start)
        guard case .refused = machine.received(isError: true, now: start) else {
            Issue.record("not refused")
            return
        }
        let loss = machine.lost()
        #expect(loss.failed.map(\.name) == [1])
        #expect(loss.reconnectAttempt == 1)
    }

    @Test func boundsBytes() {
        var machine = machine(bytesMax: 25)
        #expect(submit(&machine, Command(name: 1)) == .connect)
        #expect(submit(&machine, Command(name: 2, byteCount: 16)) == .refuse(.tooManyInFlight))
        ready(&machine, held: [1])
        send(&machine, Command(name: 1))
        send(&machine, Command(name: 2, byteCount: 15))
        #expect(submit(&machine, Command(name: 3, byteCount: 1)) == .refuse(.tooManyInFlight))
        #expect(reply(&machine) == 1)
        #expect(submit(&machine, Command(name: 3)) == .send)
    }

    @Test func reconnectsAtOnceThenRefusesWhileItFails() {
        var machine = machine()
        #expect(submit(&machine, Command(name: 1)) == .connect)
        ready(&machine, held: [1])
        send(&machine, Command(name: 1))
        #expect(reply(&machine) == 1)
        send(&machine, Command(name: 2))
        let first = machine.lost()
        #expect(first.failed.map(\.name) == [2])
        #expect(first.reconnectAttempt == 0)
        #expect(submit(&machine, Command(name: 3)) == .hold)
        let second = machine.lost()
        #expect(second.failed.map(\.name) == [3])
        #expect(second.reconnectAttempt == 1)
        #expect(submit(&machine, Command(name: 4)) == .refuse(.unavailable))
        #expect(resume(&machine))
        #expect(!resume(&machine))
        #expect(submit(&machine, Command(name: 5)) == .refuse(.unavailable))
        #expect(attempt(&machine) == 2)
        #expect(resume(&machine))
        ready(&machine)
        send(&machine, Command(name: 6))
        #expect(reply(&machine) == 6)
    }

    @Test func aConnectionThatNeverAnswersIsNotMadeAnewAtOnce() {
        var machine = machine()
        #expect(submit(&machine, Command(name: 1)) == .connect)
        ready(&machine, held: [1])
        #expect(attempt(&machine) == 1)
        #expect(resume(&machine))
        ready(&machine)
        #expect(attempt(&machine) == 2)
    }

    @Test func findsWhatHasExpiredAndWhatIsStalled() {
        var machine = machine()
        #expect(submit(&machine, Command(name: 1, deadline: Deadline(nanoseconds: 100))) == .connect)
        #expect(machine.sweep(now: start).next == Deadline(nanoseconds: 100))
        #expect(machine.sweep(now: Deadline(nanoseconds: 100)).expired.map(\.name) == [1])
        ready(&machine, held: [1])
        send(&machine, Command(name: 2, deadline: Deadline(nanoseconds: 300)))
        send(&machine, Command(name: 3, deadline: Deadline(nanoseconds: 900)))
        #expect(machine.sweep(now: Deadline(nanoseconds: 299)).next == Deadline(nanoseconds: 300))
        let late = machine.sweep(now: Deadline(nanoseconds: 400))
        #expect(late.expired.map(\.name) == [2])
        #expect(late.next == Deadline(nanoseconds: 500))
        #expect(!late.isStalled)
        #expect(machine.sweep(now: Deadline(nanoseconds: 500)).isStalled)
        // The reply to the expired command still finds its place.
        #expect([reply(&machine), reply(&machine)] == [2, 3])
        #expect(machine.sweep(now: Deadline(nanoseconds: 5_000)).next == nil)
    }

    @Test func closingIsForEver() {
        var machine = machine()
        #expect(submit(&machine, Command(name: 1)) == .connect)
        let closed = machine.close()
        #expect(closed.map(\.name) == [1])
        #expect(submit(&machine, Command(name: 2)) == .refuse(.unavailable))
        #expect(attempt(&machine) == nil)
        #expect(!resume(&machine))
    }
}
