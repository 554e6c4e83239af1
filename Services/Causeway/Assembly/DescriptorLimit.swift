import Glibc

/// How many descriptors the process may have open: connections, most of all.
enum DescriptorLimit {
    /// Takes all that the process may have. The usual soft limit of 1,024 is for select(2), which nothing here calls,
    /// and a gateway at that limit could not even accept a connection to refuse it.
    static func raise() {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
    }
}
