import Foundation
import Primitives
import TestKit
import Testing
import Transport

/// Instances that are processes of their own, on Python's `h2`: they can be stopped in their tracks, and say what no
/// decent server says.
@Suite struct ForeignInstanceTests {
    /// What the instance does from its next request on.
    private enum Act: String {
        case answer, garbage, silence
        /// Goes away, and has not taken the request up.
        case leave
    }

    private struct Instance {
        let process: ChildProcess
        let port: Int

        init() async throws {
            process = try ChildProcess(
                [ChildProcess.python, "-u", "-c", ForeignInstanceTests.server])
            port = try #require(await process.nextLine().flatMap { Int($0) })
        }

        func act(_ act: Act) async {
            process.write(act.rawValue + "\n")
            #expect(await process.nextLine() == act.rawValue)
        }

        func seen() async -> Int {
            process.write("seen\n")
            return await process.nextLine().flatMap { Int($0) } ?? -1
        }
    }

    private func with(
        change: @escaping (inout ClientPoolConfiguration) -> Void = { _ in },
        _ body: (TestUpstream, Instance) async throws -> Void
    ) async throws {
        let foreign = try await Instance()
        let result: Result<Void, any Error>
        do {
            try await TestUpstream.with(
                1,
                change: { configuration in
                    configuration.places.append(.init(host: "127.0.0.1", port: foreign.port))
                    change(&configuration)
                }
            ) { upstream in
                try await eventually {
                    _ = await upstream.call()
                    return await foreign.seen() > 0
                }
                try await body(upstream, foreign)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await foreign.process.stop(signal: SIGKILL)
        try result.get()
    }

    @Test func garbageEjectsUntilTheInstanceIsWellAgain() async throws {
        try await with(change: { $0.healthInterval = .milliseconds(100) }) { upstream, foreign in
            await foreign.act(.garbage)
            #expect(await upstream.load(callers: 2, calls: 200) == ["200": 200])
            try await eventually {
                _ = await upstream.call()
                return upstream.record.value("ejected(\"127.0.0.1:\(foreign.port)\")") >= 1
            }
            await foreign.act(.answer)
            let before = await foreign.seen()
            // Thirty seconds would be the rule: its own word is taken sooner.
            try await eventually {
                _ = await upstream.call()
                return await foreign.seen() > before
            }
        }
    }

    @Test func aStoppedProcessIsLeftAlone() async throws {
        try await with(
            change: {
                $0.healthInterval = .milliseconds(200)
                $0.pingInterval = .milliseconds(500)
                // Long enough for the other one, however busy the machine is.
                $0.pingTimeout = .seconds(3)
                $0.connectTimeout = .seconds(3)
            }
        ) { upstream, foreign in
            foreign.process.send(signal: SIGSTOP)
            // Whatever it was asked before anybody noticed is asked elsewhere.
            #expect(await upstream.load(callers: 8, calls: 400) == ["200": 400])
            // It hangs no more: each of these would hang until its deadline, twenty seconds from then.
            let start = ContinuousClock.now
            #expect(await upstream.load(callers: 2, calls: 100, repetition: .never) == ["200": 100])
            #expect(ContinuousClock.now - start < .seconds(15))
            foreign.process.send(signal: SIGCONT)
            let before = await foreign.seen()
            try await eventually {
                _ = await upstream.call()
                return await foreign.seen() > before
            }
        }
    }

    @Test func whatALeavingInstanceDidNotTakeUpGoesElsewhere() async throws {
        try await with { upstream, foreign in
            // Saves up what the repetitions cost.
            #expect(await upstream.load(callers: 2, calls: 400) == ["200": 400])
            await foreign.act(.leave)
            let counts = await upstream.load(callers: 4, calls: 200, repetition: .never)
            #expect(counts == ["200": 200], "\(counts)")
            #expect(upstream.record.value("retried(reason: \"go-away\")") > 0)
            // Who only ever goes away is of no use: it is left alone once it has done so often enough.
            try await eventually {
                _ = await upstream.call(repetition: .never)
                return upstream.record.value("ejected(\"127.0.0.1:\(foreign.port)\")") >= 1
            }
        }
    }

    private static let server = """
        import socket, sys, threading
        import h2.connection, h2.config, h2.events
        act, seen = 'answer', 0
        listener = socket.create_server(('127.0.0.1', 0))
        print(listener.getsockname()[1])
        def request(c, s, e):
            global seen
            seen += 1
            if act == 'garbage':
                s.sendall(b'no frame of HTTP/2 begins like this' * 100)
                raise OSError
            if act == 'leave':
                c.close_connection(last_stream_id=e.stream_id - 2 if e.stream_id > 1 else 0)
                s.sendall(c.data_to_send())
                while s.recv(65536):
                    pass
                raise OSError
            if act != 'silence':
                c.send_headers(e.stream_id, [(':status', '200')], end_stream=True)
        def serve(s):
            c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            c.initiate_connection()
            try:
                s.sendall(c.data_to_send())
                while data := s.recv(65536):
                    for e in c.receive_data(data):
                        if isinstance(e, h2.events.RequestReceived):
                            request(c, s, e)
                    s.sendall(c.data_to_send())
            except Exception:
                pass
            s.close()
        def accept():
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        for line in sys.stdin:
            word = line.strip()
            if word == 'seen':
                print(seen)
            else:
                act = word
                print(act)
        """
}
