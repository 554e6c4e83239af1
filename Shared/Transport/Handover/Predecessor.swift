internal import Glibc
internal import NIOPosix
package import Primitives
internal import Synchronization

/// The process that listens until this one does. Where it is let go without `release`, it goes on.
package final class Predecessor: Sendable {
    /// How long it may take to answer, in milliseconds.
    private static let answerMilliseconds: Int32 = 5000

    private let channel: HandoverChannel
    private let sockets: Mutex<[String: [ListeningSocket]]>
    /// What else it wants known; empty where nothing is, or where it is of an older release.
    package let memory: Secret<[UInt8]>

    private init(_ channel: HandoverChannel, _ sockets: [String: [ListeningSocket]], memory: [UInt8]) {
        self.channel = channel
        self.sockets = Mutex(sockets)
        self.memory = Secret(memory)
    }

    /// Asks for its sockets. It goes on accepting until `release`.
    ///
    /// - Parameter folder: where `HandoverOffer` of the other process is; made where it is missing.
    /// - Returns: nil where no process is there.
    package static func claim(in folder: String) async throws(HandoverFault) -> Predecessor? {
        try await blocking { () throws(HandoverFault) in try claimNow(HandoverFolder(path: folder)) }
    }

    /// What it listens on for this purpose; nothing after `release`.
    package func sockets(_ role: String) -> [ListeningSocket] { sockets.withLock { $0[role] ?? [] } }

    /// Has it stop accepting, for this process to begin: two that accept from one socket would wake each other for
    /// nothing. What comes in this moment queues. Where `release` does not follow soon, it begins again.
    package func pause() async throws(HandoverFault) {
        let channel = channel
        try await Self.blocking { () throws(HandoverFault) in try Self.tell(channel, .ready, expecting: .paused) }
    }

    /// Tells it that this process accepts, so that it stops; waits until it has heard. Sockets that this process does
    /// not want are let go: nobody serves what would queue on them.
    package func release() async throws(HandoverFault) {
        let channel = channel
        sockets.withLock { $0 = [:] }
        try await Self.blocking { () throws(HandoverFault) in try Self.tell(channel, .serving, expecting: .released) }
    }

    private static func tell(
        _ channel: HandoverChannel, _ word: HandoverMessage, expecting expected: HandoverMessage
    ) throws(HandoverFault) {
        try channel.send(word)
        let (answer, none) = try channel.receive(within: answerMilliseconds)
        for descriptor in none { Glibc.close(descriptor) }
        guard answer == expected else { throw .broken("\(answer) is no answer") }
    }

    private static func claimNow(_ folder: HandoverFolder) throws(HandoverFault) -> Predecessor? {
        try folder.check()
        var refusal: HandoverFault?
        for version in HandoverMessage.versions.reversed() {
            guard let channel = try HandoverChannel.connect(folder.socketPath) else { break }
            guard channel.peerUser == geteuid() else { throw .refused("it belongs to another user") }
            do throws(HandoverFault) {
                return try claim(channel, version)
            } catch {
                // An older release says so, and waits for somebody who asks as it knows it.
                guard error == .refused(HandoverMessage.refusal(speaking: version - 1)) else { throw error }
                refusal = error
            }
        }
        if let refusal { throw refusal }
        return nil
    }

    private static func claim(_ channel: HandoverChannel, _ version: Int) throws(HandoverFault) -> Predecessor {
        try channel.send(.claim(version: version))
        var sockets: [String: [ListeningSocket]] = [:]
        var isWhole = false
        while true {
            let (message, descriptors) = try channel.receive(within: answerMilliseconds)
            // Owned from here on, whatever comes of it.
            let came = descriptors.map { descriptor in try? ListeningSocket(takingOver: descriptor) }
            switch message {
            case .sockets(let roles, let isLast):
                guard roles.count == came.count else { throw .broken("descriptors are missing") }
                for (role, socket) in zip(roles, came) {
                    guard let socket else { throw .broken("what was handed over for \(role) does not listen") }
                    sockets[role, default: []].append(socket)
                }
                isWhole = isLast
                if isWhole, version < 2 { return Predecessor(channel, sockets, memory: []) }
            case .memory(let bytes):
                guard isWhole else { throw .broken("sockets are missing") }
                return Predecessor(channel, sockets, memory: bytes)
            case .refused(let reason): throw .refused(reason)
            case .claim, .ready, .paused, .serving, .released: throw .broken("\(message) is no answer")
            }
        }
    }

    private static func blocking<Value: Sendable>(
        _ work: @escaping @Sendable () throws(HandoverFault) -> Value
    ) async throws(HandoverFault) -> Value {
        let result: Result<Value, HandoverFault>
        do {
            result = try await NIOThreadPool.singleton.runIfActive {
                do throws(HandoverFault) { return .success(try work()) } catch { return .failure(error) }
            }
        } catch { throw .system("\(error)") }
        return try result.get()
    }
}
