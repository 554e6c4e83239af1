internal import HTTP
internal import NIOCore
internal import Primitives

/// One process behind an upstream's name, and one loop's connections to it. On the loop only.
final class UpstreamInstance {
    /// Its place in the machine.
    let slot: Int
    let address: SocketAddress
    var connections: [any ClientConnection] = []
    /// An attempt to connect is on its way, or its SETTINGS are awaited.
    var isConnecting = false
    /// A further connection could not be made a moment ago.
    var isCrowded = false

    init(slot: Int, address: SocketAddress) {
        self.slot = slot
        self.address = address
    }

    /// For logs.
    var name: String {
        ClientPoolConfiguration.Place(host: address.ipAddress ?? "?", port: address.port ?? 0).text
    }

    /// Whether there is a connection that takes calls, be there room or not.
    var isLinked: Bool { connections.contains { $0.takesCalls } }

    /// How many more streams fit.
    var room: Int { connections.reduce(0) { $0 + max(0, $1.room) } }

    /// Opens a stream now; nil where there is no room.
    func open(_ call: ClientCall, ends: Bool) -> ClientExchange? {
        for connection in connections where connection.hasRoom {
            if let exchange = connection.open(call.head, body: call.body, ends: ends, deadline: call.deadline) {
                return exchange
            }
        }
        return nil
    }
}
