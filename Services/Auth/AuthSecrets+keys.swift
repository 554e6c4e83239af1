internal import Contract
package import ServiceKit

extension AuthSecrets {
    /// The keys of a process's folder.
    package init(_ directory: KeysDirectory) throws {
        try self.init(
            pepper: directory.keys(.pepper).map { ($0.id, $0.bytes) },
            seal: directory.keys(.seal).map { ($0.id, $0.bytes) },
            refresh: directory.keys(.refresh).map(\.bytes),
            gatewayContext: directory.keys(.context(from: .gateway, to: .auth)).map(\.bytes))
    }
}
