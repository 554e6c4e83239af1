internal import Foundation

/// What a child must not inherit.
///
/// SwiftNIO's sockets are not marked to be closed: a server's socket that a child holds would go on taking connections
/// after its listener has closed.
enum SpawnedDescriptors {
    /// Has the child close every descriptor but the three that all programs have. Closing one that is not open does
    /// nothing.
    static func closeOthers(_ actions: inout posix_spawn_file_actions_t) {
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        // Some more, for what other threads open meanwhile.
        let end = (open.compactMap { Int32($0) }.max() ?? 2) + 64
        for descriptor in 3...end { posix_spawn_file_actions_addclose(&actions, descriptor) }
    }
}
