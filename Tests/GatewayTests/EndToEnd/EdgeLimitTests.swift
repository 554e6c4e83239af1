import Foundation
import HTTP
import JSON
import ServiceKit
import TestKit
import Testing

@testable import Gateway

/// Every limit of the edge's table crossed, over real TLS: each is counted under its reason and logged.
@Suite("The edge's limits", .serialized)
struct EdgeLimitTests {
    @Test("on frames, streams and heads are counted and logged, each by its reason")
    func frames() async throws { try await cross(EdgeLimit.frames) }

    @Test("on time, memory and connections are counted and logged, each by its reason")
    func times() async throws { try await cross(EdgeLimit.times) }

    @Test("behind others are counted and logged, each by its reason")
    func alone() async throws {
        // Takes connections, and says nothing.
        let silent = try SilentPort()
        try await cross(EdgeLimit.alone, servicePort: silent.port)
    }

    @Test("on connections count those of both public ports together", arguments: [true, false])
    func bothPorts(isPerAddress: Bool) async throws {
        let change: (inout GatewayConfiguration) -> Void = { configuration in
            if isPerAddress {
                configuration.http.connectionsPerAddressMax = 4
            } else {
                configuration.connectionsMax = 4
            }
        }
        try await TestGateway.with(change: change) { gateway in
            let outcome = try await ChildProcess.run([
                ChildProcess.python, "-c", Self.bothPorts, String(gateway.ports.https), String(gateway.ports.http),
                gateway.certificatePath, isPerAddress ? "127.0.0.1" : "",
            ])
            #expect(
                outcome.text == "200 308 200 308\nrefused refused\n308 200\n", "\(outcome.text)\(outcome.errorText)")
            let metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
            let reason = isPerAddress ? "connections-per-address" : "connections"
            for part in ["https", "http"] {
                let isCounted = metrics.split(separator: "\n").contains {
                    $0.contains("event=\"refused\"") && $0.contains("part=\"\(part)\"")
                        && $0.contains("reason=\"\(reason)\"")
                }
                #expect(isCounted, "\(part)")
            }
        }
    }

    private static let bothPorts = """
        import socket, ssl, sys, time
        https, http, certificate, address = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
        opened = 0

        # An answered connection that stays open; or None.
        def ask(port):
            global opened
            opened += 1
            s = socket.socket()
            s.settimeout(30)
            s.bind((address or '127.0.0.%d' % (1 + opened), 0))
            try:
                s.connect(('127.0.0.1', port))
                if port == https:
                    s = ssl.create_default_context(cafile=certificate).wrap_socket(s, server_hostname='localhost')
                s.sendall(b'GET /livez HTTP/1.1\\r\\nHost: gateway.example\\r\\n\\r\\n')
                answer = s.recv(65536)
            except (ConnectionError, ssl.SSLError): answer = b''
            return (s, answer.split()[1].decode()) if answer else None

        held = [ask(port) for port in (https, http, https, http)]
        print(*(status for _, status in held))
        print(*('refused' if ask(port) is None else 'admitted' for port in (https, http)))
        # Room on one port is room on the other.
        ports, answers = (http, https), []
        for index in (0, 1):
            held[index][0].close()
            until, more = time.monotonic() + 30, None
            while more is None and time.monotonic() < until:
                more = ask(ports[index])
                if more is None: time.sleep(0.05)
            held.append(more)
            answers.append(more[1])
        print(*answers)
        """

    /// Every limit of `HTTPLimits` that clients can cross is a setting, and every setting has a row above.
    @Test("are settings, each crossed by one of the rows")
    func settings() {
        let settings = Settings.of(["CAUSEWAY_PROFILE": "development"])
        _ = HTTPLimits(settings)
        let prefix = "CAUSEWAY_GATEWAY_"
        let declared = Set(settings.declarations.map(\.variable).filter { $0.hasPrefix(prefix) })
        let crossed = Set((EdgeLimit.frames + EdgeLimit.times + EdgeLimit.alone).map { prefix + $0.setting })
        // Crossed by others: the pause before GOAWAY and the number of streams under strain where `LimitTests` of
        // Transport measure them, what frames are paid for by where `FrameBudgetMachineTests` counts them.
        let elsewhere = [
            "PENALTY_MILLISECONDS", "STRAINED_STREAMS_MAX", "RESETS_PERIOD_SECONDS", "PRIORITY_FRAMES_PER_STREAM",
            "WINDOW_UPDATES_PER_STREAM", "WINDOW_UPDATES_PER_DATA_FRAME", "TINY_DATA_FRAME_BYTES",
        ].map { prefix + $0 }
        #expect(declared.subtracting(crossed).subtracting(elsewhere).isEmpty)
        #expect(HTTPLimits(settings).http2.streamWindowBytes == HTTPLimits().http2.streamWindowBytes)
    }

    private func cross(_ limits: [EdgeLimit], servicePort: Int? = nil) async throws {
        let log = CollectedLog()
        let change: (inout GatewayConfiguration) -> Void = { configuration in
            configuration.limitMultiplier = 100
            for limit in limits { limit.lower(&configuration) }
        }
        try await TestGateway.with(servicePort: servicePort, log: log, change: change) { gateway in
            // All at once, so that those that wait for something wait together; those on numbers of connections last.
            let script = Self.prelude + limits.map { Self.thread($0) }.joined(separator: "\n") + "\nrun()\n"
            let outcome = try await ChildProcess.run(
                [ChildProcess.python, "-c", script, String(gateway.ports.https), gateway.certificatePath])
            #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
            var metrics = ""
            // What did not come is told below, by name.
            try? await eventually {
                metrics = try await gateway.curl(["http://127.0.0.1:\(gateway.ports.ops)/metrics"]).body
                return limits.allSatisfy { Self.counts($0, metrics) }
            }
            for limit in limits {
                #expect(Self.counts(limit, metrics), "\(limit) was not counted")
                let isLogged = log.lines.contains {
                    $0.contains(#""message":"limit reached""#) && $0.contains("\"reason\":\"\(limit.reason)\"")
                }
                #expect(isLogged, "\(limit) was not logged")
            }
            let ofClients = log.lines.filter {
                $0.contains(#""message":"limit reached""#) && $0.contains(#""part":"https""#)
            }
            #expect(ofClients.allSatisfy { $0.contains(#""client":"127.0.0."#) }, "\(ofClients)")
        }
    }

    private static func counts(_ limit: EdgeLimit, _ metrics: String) -> Bool {
        metrics.split(separator: "\n").contains {
            $0.contains("reason=\"\(limit.reason)\"") || $0.contains("limit=\"\(limit.reason)\"")
        }
    }

    /// The attack as a function of the script.
    private static func thread(_ limit: EdgeLimit) -> String {
        let isLast = limit.reason.hasPrefix("connections")
        let lines = limit.attack.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        return "@attack(\(isLast ? "True" : "False"), '\(limit)')\ndef _():\n\(lines)\n"
    }

    /// `H2()` speaks frames, `tls()` and `tcp()` are sockets, `ended` waits for the end of one.
    private static let prelude = """
        import socket, ssl, struct, sys, threading, time, traceback
        import hpack

        port, attacks, failures = int(sys.argv[1]), [], []

        def attack(is_last, name): return lambda body: attacks.append((is_last, name, body))

        def tcp(source='127.0.0.1'):
            s = socket.socket()
            s.bind((source, 0))
            s.settimeout(40)
            s.connect(('127.0.0.1', port))
            return s

        def tls(protocol, first=b''):
            context = ssl.create_default_context(cafile=sys.argv[2])
            context.set_alpn_protocols([protocol])
            s = context.wrap_socket(tcp(), server_hostname='localhost')
            s.sendall(first)
            return s

        def ended(s):
            try:
                while s.recv(65536): pass
            except ConnectionError: pass

        def frame(kind, flags, stream, payload):
            return struct.pack('>I', len(payload))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + payload

        def reset(stream): return frame(3, 0, stream, struct.pack('>I', 8))

        class H2:
            def __init__(self, window=None):
                self.socket, self.encoder, self.rest, self.seen = tls('h2'), hpack.Encoder(), b'', []
                # By how much each window was opened, and the code of a GOAWAY.
                self.opened, self.goaway = {}, None
                entries = b'' if window is None else struct.pack('>HI', 4, window)
                self.send(b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' + frame(4, 0, 0, entries))
                # The server's SETTINGS, so that their answer does not go into the middle of a head.
                self.next()

            def send(self, data):
                try: self.socket.sendall(data)
                except (ConnectionError, ssl.SSLError): pass

            def block(self, stream, path, method='GET', end=True, extra=()):
                fields = [(':method', method), (':scheme', 'https'), (':authority', 'localhost'), (':path', path)]
                return frame(1, 4 | end, stream, self.encoder.encode(fields + list(extra)))

            def head(self, stream, path, method='GET', end=True, extra=()):
                self.send(self.block(stream, path, method, end, extra))

            # The next frame; None at the end, False where none comes.
            def next(self):
                while len(self.rest) < 9 or len(self.rest) < 9 + int.from_bytes(self.rest[:3], 'big'):
                    try: data = self.socket.recv(65536)
                    except (TimeoutError, socket.timeout): return False
                    except (ConnectionError, ssl.SSLError): return None
                    if not data: return None
                    self.rest += data
                size = int.from_bytes(self.rest[:3], 'big')
                kind, flags, stream = self.rest[3], self.rest[4], int.from_bytes(self.rest[5:9], 'big')
                payload, self.rest = self.rest[9:9 + size], self.rest[9 + size:]
                if kind == 4 and not flags & 1: self.send(frame(4, 1, 0, b''))
                if kind == 8: self.opened[stream] = self.opened.get(stream, 0) + int.from_bytes(payload, 'big')
                if kind == 7: self.goaway = int.from_bytes(payload[4:8], 'big')
                self.seen.append((kind, flags, stream))
                return True

            # Waits until so many streams are answered, or reset.
            def answers(self, count, ends=True, wait=40):
                self.socket.settimeout(wait)
                done = lambda k, f, s: k == 3 or (f & 1 and k in (0, 1)) or (not ends and k == 1)
                while len({s for k, f, s in self.seen if done(k, f, s)}) < count:
                    if not self.next(): return False
                return True

            # Waits until the connection has ended, or a stream was reset where that is enough.
            def closed(self, resets=0):
                while True:
                    if resets and sum(1 for k, f, s in self.seen if k == 3) >= 1: return
                    more = self.next()
                    if more is False: raise Exception('nothing happened')
                    if more is None: return

        def guarded(name, body):
            try: body()
            except BaseException: failures.append(name + '\\n' + traceback.format_exc())

        def run():
            for last in (False, True):
                threads = [threading.Thread(target=guarded, args=(n, b)) for l, n, b in attacks if l == last]
                for thread in threads:
                    thread.start()
                    if last: thread.join()
                for thread in threads: thread.join()
            sys.exit('\\n'.join(failures) if failures else 0)


        """
}
