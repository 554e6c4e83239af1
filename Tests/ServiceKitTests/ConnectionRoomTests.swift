import Foundation
import TestKit
import Testing

@testable import ServiceKit

@Suite struct ConnectionRoomTests {
    private func write(_ folder: TestFolder, _ path: String, _ text: String) throws {
        let file = URL(fileURLWithPath: folder.path + path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    @Test func `the least of what the machine and the groups above allow`() throws {
        let folder = try TestFolder()
        #expect(ConnectionRoom.memoryBytes(root: folder.path) == nil)
        try write(folder, "/proc/meminfo", "MemTotal:       8000000 kB\nMemFree: 1 kB\n")
        #expect(ConnectionRoom.memoryBytes(root: folder.path) == 8_000_000 << 10)
        try write(folder, "/proc/self/cgroup", "1:name=x:/other\n0::/a.slice/b.service\n")
        try write(folder, "/sys/fs/cgroup/a.slice/memory.max", "536870912\n")
        try write(folder, "/sys/fs/cgroup/a.slice/b.service/memory.max", "max\n")
        #expect(ConnectionRoom.memoryBytes(root: folder.path) == 512 << 20)
        try write(folder, "/sys/fs/cgroup/memory.max", "1048576\n")
        #expect(ConnectionRoom.memoryBytes(root: folder.path) == 1 << 20)
    }

    @Test(arguments: [
        (2048, 65_536, 2048), (100_000, 1024, 512), (100_000, 256, 64), (1, 65_536, 64), (.max, .max, 200_000),
    ]) func `room is bounded by descriptors too`(byMemory: Int, descriptors: Int, room: Int) {
        #expect(ConnectionRoom.clamped(byMemory, descriptors: descriptors) == room)
    }

    @Test func `this machine has some`() {
        #expect(ConnectionRoom.connectionsMax() >= 64)
    }
}
