internal import Glibc

/// What the kernel knows of this process, under Prometheus' standard names.
struct ProcessFacts {
    var cpuSeconds = 0.0
    var residentBytes = 0
    var virtualBytes = 0
    var openDescriptors = 0
    var openDescriptorsMax = 0
    var startSeconds = 0.0

    static func read() -> ProcessFacts {
        var facts = ProcessFacts()
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            facts.cpuSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        // proc(5): sizes in pages, total and resident first.
        let pages = text(of: "/proc/self/statm").split(separator: " ").compactMap { Int($0) }
        if pages.count >= 2 {
            facts.virtualBytes = pages[0] * sysconf(Int32(_SC_PAGESIZE))
            facts.residentBytes = pages[1] * sysconf(Int32(_SC_PAGESIZE))
        }
        facts.openDescriptors = countDescriptors()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            facts.openDescriptorsMax = Int(clamping: limit.rlim_cur)
        }
        facts.startSeconds = startSeconds()
        return facts
    }

    func render(into text: inout String) {
        let all: [(String, String, Double)] = [
            ("process_cpu_seconds_total", "counter", cpuSeconds),
            ("process_max_fds", "gauge", Double(openDescriptorsMax)),
            ("process_open_fds", "gauge", Double(openDescriptors)),
            ("process_resident_memory_bytes", "gauge", Double(residentBytes)),
            ("process_start_time_seconds", "gauge", startSeconds),
            ("process_virtual_memory_bytes", "gauge", Double(virtualBytes)),
        ]
        for (name, kind, value) in all {
            text += "# TYPE \(name) \(kind)\n\(name) \(MetricName.number(value))\n"
        }
    }

    /// proc(5): field 22 of `stat`, in ticks since boot; the name in field 2 may hold spaces and brackets.
    private static func startSeconds() -> Double {
        let status = text(of: "/proc/self/stat")
        guard let nameEnd = status.lastIndex(of: ")") else { return 0 }
        let fields = status[nameEnd...].split(separator: " ")
        let boot = text(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 20, let ticks = Double(fields[20]), let boot, let seconds = Double(boot.dropFirst(6))
        else { return 0 }
        return seconds + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func countDescriptors() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not the entries for the folder and its parent, nor the descriptor that reads them.
        return max(0, count - 3)
    }

    static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
