import Foundation
import TestKit

/// Clients that are not ours, which ask as fast as they are answered until they are told to stop.
struct SteadyLoad {
    /// Requests that are counted together.
    struct Kind {
        let name: String
        let origins: [String]
        let path: String
        let fields: [String: String]
        /// Nil asks with GET.
        var body: String?
        var clientsPerOrigin = 2
    }

    /// What came since the last look, or the start.
    struct Tally: Decodable {
        /// The start, by the machine's clock, which all such clients share.
        let began: Double
        /// Since the start: from before the first request to after the last answer.
        let elapsed: Double
        /// When the first answer came, counted so too.
        let firstAnswer: Double
        let statuses: [String: [String: Int]]
        let slowest: Double
        let faults: [String]

        func count(_ kind: String, _ status: Int) -> Int { statuses[kind]?[String(status)] ?? 0 }
        var strange: [String] {
            statuses.flatMap { $1.keys.filter { $0 != "200" && $0 != "429" } } + faults
        }
    }

    private let program: ChildProcess

    init(_ kinds: [Kind], certificate: String) throws {
        let described = kinds.map { kind -> [String: Any] in
            [
                "name": kind.name, "origins": kind.origins, "path": kind.path, "fields": kind.fields,
                "body": kind.body ?? "", "clients": kind.clientsPerOrigin,
            ]
        }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: described), as: UTF8.self)
        program = try ChildProcess([ChildProcess.python, "-u", "-c", Self.script, certificate, json])
    }

    func look() async throws -> Tally {
        program.write("look\n")
        guard let line = await program.nextLine() else { throw Ended() }
        return try JSONDecoder().decode(Tally.self, from: Data(line.utf8))
    }

    /// Goes on until `isEnough` says so of what came in all, but no longer than `seconds`.
    static func run(
        _ loads: [SteadyLoad], seconds: Double, until isEnough: ([Tally]) -> Bool
    ) async throws -> [Tally] {
        var all: [Tally] = []
        let start = ContinuousClock.now
        repeat {
            try await Task.sleep(for: .milliseconds(200))
            for load in loads { all.append(try await load.look()) }
        } while !isEnough(all) && ContinuousClock.now - start < .seconds(seconds)
        return all
    }

    func stop() async { await program.stop(signal: SIGKILL) }

    struct Ended: Error {}

    private static let script = """
        import collections, http.client, json, ssl, sys, threading, time
        from urllib.parse import urlsplit

        context = ssl.create_default_context(cafile=sys.argv[1])
        lock, began = threading.Lock(), time.monotonic()
        statuses, faults, slowest, first = collections.defaultdict(collections.Counter), [], 0.0, 0.0

        def client(kind, origin):
            global slowest, first
            place = urlsplit(origin)
            connection = None
            method, body = ('POST', kind['body']) if kind['body'] else ('GET', None)
            while True:
                at = time.monotonic()
                try:
                    if connection is None:
                        connection = http.client.HTTPSConnection(
                            place.hostname, place.port, timeout=30, context=context)
                    connection.request(method, kind['path'], body, kind['fields'])
                    answer = connection.getresponse()
                    answer.read()
                    status, fault = str(answer.status), None
                    if answer.getheader('connection') == 'close': connection = None
                except Exception as error:
                    connection, status, fault = None, 'broken', repr(error)
                with lock:
                    statuses[kind['name']][status] += 1
                    first = first or time.monotonic() - began
                    slowest = max(slowest, time.monotonic() - at)
                    if fault and len(faults) < 5: faults.append(fault)

        for kind in json.loads(sys.argv[2]):
            for origin in kind['origins']:
                for _ in range(kind['clients']):
                    threading.Thread(target=client, args=(kind, origin), daemon=True).start()
        for _ in sys.stdin:
            with lock:
                seen = {'began': began, 'elapsed': time.monotonic() - began, 'firstAnswer': first, 'statuses': statuses,
                        'slowest': slowest, 'faults': faults}
                print(json.dumps(seen))
                statuses, faults, slowest = collections.defaultdict(collections.Counter), [], 0.0
        """
}

extension [SteadyLoad.Tally] {
    func count(_ kind: String, _ status: Int) -> Int { reduce(0) { $0 + $1.count(kind, status) } }
    var slowest: Double { map(\.slowest).max() ?? 0 }

    /// When the last look at each of the clients was, in seconds since `start` by the machine's clock: that which was
    /// first, and that which was last.
    func lastLooks(since start: Double) -> ClosedRange<Double> {
        let ends = Dictionary(map { ($0.began, $0.began + $0.elapsed - start) }, uniquingKeysWith: Swift.max).values
        return (ends.min() ?? 0)...(ends.max() ?? 0)
    }
}
