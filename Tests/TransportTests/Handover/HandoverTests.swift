import Foundation
import HTTP
import Primitives
import Synchronization
import TestKit
import Testing

@testable import Transport

/// Listening sockets that go from one owner to the next, over a socket in a folder.
@Suite struct HandoverTests {
    /// One who listens, and offers its sockets.
    private struct Owner {
        let loops: EventLoops
        let listener: Listener
        let offer: HandoverOffer
        let record = Recorder()
        let faults: Faults
        static let memory = [UInt8](repeating: 0xA5, count: 2000)

        /// Takes the place of whoever is in the folder.
        init(_ folder: TestFolder, loops count: Int, port: Int = 0) async throws {
            loops = EventLoops(threads: count)
            let before = try await Predecessor.claim(in: folder.path)
            let configuration = ListenerConfiguration(
                addresses: [.init(host: "127.0.0.1", port: port)], protocols: .http1, accept: .socketPerLoop)
            try await before?.pause()
            listener = try await Listener.start(
                configuration, on: loops, handler: TestHandler(record: record),
                inheriting: before?.sockets("public") ?? [])
            try await before?.release()
            let faults = Faults()
            self.faults = faults
            offer = try HandoverOffer.start(
                in: folder.path, listeners: [("public", listener)], memory: { Self.memory },
                report: { faults.add($0) })
        }

        func end() async {
            offer.stop()
            await listener.drain(deadline: .after(.seconds(10)))
            await loops.shutdown()
        }
    }

    private final class Faults: Sendable {
        private let all = Mutex<[HandoverFault]>([])
        func add(_ fault: HandoverFault) { all.withLock { $0.append(fault) } }
        var list: [HandoverFault] { all.withLock { $0 } }
    }

    @Test("No connection is lost from owner to owner, whatever the number of their loops")
    func chain() async throws {
        let folder = try TestFolder()
        var owner = try await Owner(folder, loops: 2)
        let port = owner.listener.port
        let load = try ChildProcess([ChildProcess.python, "-u", "-c", Self.clients, String(port)])
        #expect(await load.nextLine() == "begun")
        var sockets = [owner.listener.sockets.count]
        for loops in [3, 1, 2] {
            let record = owner.record
            #expect(await record.eventually { $0.value("started") > 200 })
            let next = try await Owner(folder, loops: loops, port: loops == 1 ? port : 0)
            await owner.offer.ended()
            #expect(owner.offer.isTaken && owner.faults.list == [])
            #expect(next.listener.port == port)
            sockets.append(next.listener.sockets.count)
            await owner.end()
            #expect(owner.listener.connectionCount == 0)
            owner = next
        }
        // More are bound for more loops, and none is let go for fewer.
        #expect(sockets == [2, 3, 3, 3])
        let last = owner.record
        #expect(await last.eventually { $0.value("started") > 200 })
        load.write("end\n")
        let failures = await load.nextLine()
        #expect(failures == "[]")
        await owner.end()
    }

    @Test("A successor that goes before it accepts changes nothing; neither does one of another version")
    func successorsThatFail() async throws {
        let folder = try TestFolder()
        let owner = try await Owner(folder, loops: 1)
        do {
            let dying = try #require(try await Predecessor.claim(in: folder.path))
            #expect(dying.sockets("public").map(\.port) == [owner.listener.port])
            #expect(dying.sockets("private").isEmpty && dying.memory.exposedValue == Owner.memory)
        }
        do {
            let pausing = try #require(try await Predecessor.claim(in: folder.path))
            try await pausing.pause()
        }
        // It accepts again.
        let connection = try RawConnection(port: owner.listener.port)
        connection.send("GET /x HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(await connection.receive(until: "hello /x").contains("hello /x"))
        let answer = try await Program.run([ChildProcess.python, "-c", Self.claimant, folder.path, "claim 3"])
        #expect(answer.text == "refused it speaks version 2 of the hand-over\n")
        // One of the release before gets what it knows.
        let older = try await Program.run([ChildProcess.python, "-c", Self.claimant, folder.path, "claim 1"])
        #expect(older.text == "sockets last public\n")
        let garbage = try await Program.run([ChildProcess.python, "-c", Self.claimant, folder.path, "\u{1}"])
        #expect(garbage.text == "\n")
        try await eventually { owner.faults.list.count == 5 }
        #expect(owner.faults.list.first == .broken("the other process is gone"))
        #expect(!owner.offer.isTaken)
        // And then one that does.
        let next = try await Owner(folder, loops: 1)
        await owner.offer.ended()
        await owner.end()
        await next.end()
    }

    @Test("What a successor does not want is closed with its predecessor, and what it wants with itself")
    func unwanted() async throws {
        let folder = try TestFolder()
        let first = try await Owner(folder, loops: 2)
        let before = try #require(try await Predecessor.claim(in: folder.path))
        try await before.pause()
        let loops = EventLoops(threads: 1)
        var configuration = ListenerConfiguration(
            addresses: [.init(host: "127.0.0.1", port: 0)], protocols: .http1, accept: .socketPerLoop)
        let handler = TestHandler(record: Recorder())
        let wanted = try await Listener.start(
            configuration, on: loops, handler: handler, inheriting: before.sockets("public"))
        configuration.addresses[0].port = try FreePorts.take(1)[0]
        let other = try await Listener.start(
            configuration, on: loops, handler: handler, inheriting: before.sockets("public"))
        #expect(wanted.port == first.listener.port && other.port == configuration.addresses[0].port)
        try await before.release()
        await first.end()
        for port in [wanted.port, other.port] { _ = try RawConnection(port: port) }
        for listener in [wanted, other] { await listener.drain(deadline: .now) }
        // A child that another test is just starting holds all descriptors until it runs its own program.
        for port in [wanted.port, other.port] {
            try await eventually {
                do {
                    _ = try RawConnection(port: port)
                    return false
                } catch let error as POSIXError { return error.code == .ECONNREFUSED }
            }
        }
        #expect(before.sockets("public").isEmpty)
        await loops.shutdown()
    }

    @Test("A predecessor that is dead, or answers something else")
    func predecessorsThatFail() async throws {
        let folder = try TestFolder()
        #expect(try await Predecessor.claim(in: folder.path) == nil)
        let stopped = try await Owner(folder, loops: 1)
        await stopped.end()
        #expect(FileManager.default.fileExists(atPath: folder.path + "/handover.sock"))
        #expect(try await Predecessor.claim(in: folder.path) == nil)
        for (word, fault) in [
            ("refused not today", HandoverFault.refused("not today")), ("serving", .broken("serving is no answer")),
            ("sockets last public", .broken("descriptors are missing")),
            ("memory 00", .broken("sockets are missing")),
            ("?", .broken("the other process says what makes no sense")),
            ("", .broken("the other process is gone")),
        ] {
            let other = try ChildProcess([ChildProcess.python, "-u", "-c", Self.other, folder.path, word])
            #expect(await other.nextLine() == "listening")
            await #expect(throws: fault) { try await Predecessor.claim(in: folder.path) }
            await other.wait()
        }
        // One of the release before is asked again as it knows it.
        let older = try ChildProcess([
            ChildProcess.python, "-u", "-c", Self.other, folder.path, "refused it speaks version 1 of the hand-over",
            "refused not today either",
        ])
        #expect(await older.nextLine() == "listening")
        await #expect(throws: HandoverFault.refused("not today either")) {
            try await Predecessor.claim(in: folder.path)
        }
        await older.wait()
        // What was left behind is replaced.
        let next = try await Owner(folder, loops: 1)
        #expect(try await Predecessor.claim(in: folder.path) != nil)
        await next.end()
    }

    @Test("Only a folder of its user's own will do")
    func folders() async throws {
        let folder = try TestFolder()
        let made = folder.path + "/made"
        #expect(try await Predecessor.claim(in: made) == nil)
        let mode = try FileManager.default.attributesOfItem(atPath: made)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: made)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: folder.path)
        _ = try folder.write("", to: "file")
        for (path, reason) in [
            (made, "others may enter it; chmod 700 \(made)"), (folder.path + "/link", "it is no folder"),
            (folder.path + "/file", "it is no folder"), (folder.path + "/no/folder", "No such file or directory"),
            (folder.path + String(repeating: "/long", count: 20), "its path is too long"),
        ] {
            await #expect(throws: HandoverFault.folder(path: path, reason: reason)) {
                try await Predecessor.claim(in: path)
            }
        }
        if getuid() == 0 {
            #expect(chmod(made, 0o700) == 0 && chown(made, 1, 1) == 0)
            await #expect(throws: HandoverFault.folder(path: made, reason: "it belongs to another user")) {
                try await Predecessor.claim(in: made)
            }
        }
    }

    /// New connections all the time, and one that is kept as long as its server lets it.
    private static let clients = """
        import http.client, socket, sys, threading
        port, failures, ended = int(sys.argv[1]), [], threading.Event()
        def fresh():
            while not ended.is_set():
                try:
                    with socket.create_connection(('127.0.0.1', port), 10) as s:
                        s.sendall(b'GET /x HTTP/1.1\\r\\nhost: a\\r\\nconnection: close\\r\\n\\r\\n')
                        text = b''
                        while more := s.recv(4096):
                            text += more
                        if not text.endswith(b'hello /x'):
                            failures.append(text.decode())
                except OSError as error:
                    failures.append(repr(error))
        def kept():
            kept = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
            while not ended.is_set():
                try:
                    kept.request('GET', '/x')
                    if kept.getresponse().read() != b'hello /x':
                        failures.append('body')
                except Exception as error:
                    failures.append(repr(error))
        threads = [threading.Thread(target=work) for work in (fresh, fresh, fresh, kept, kept)]
        for thread in threads:
            thread.start()
        print('begun')
        sys.stdin.readline()
        ended.set()
        for thread in threads:
            thread.join()
        print(failures[:5])
        """

    private static let claimant = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(sys.argv[1] + '/handover.sock')
        s.send(sys.argv[2].encode())
        print(s.recv(4096).decode())
        """

    private static let other = """
        import os, socket, sys
        path = sys.argv[1] + '/handover.sock'
        if os.path.exists(path):
            os.unlink(path)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.bind(path)
        s.listen()
        print('listening')
        for version, answer in zip([2, 1], sys.argv[2:]):
            c = s.accept()[0]
            assert c.recv(100) == b'claim %d' % version
            if answer:
                c.send(answer.encode())
        """
}
