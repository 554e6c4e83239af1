internal import Glibc

/// The memory that this process holds, as the kernel counts it.
package enum ProcessMemory {
    /// Bytes resident; 0 where the kernel does not tell.
    package static var residentBytes: Int {
        // proc(5): sizes in pages, total and resident first.
        let pages = ProcessFacts.text(of: "/proc/self/statm").split(separator: " ")
        return pages.count >= 2 ? (Int(pages[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    /// Gives pages that hold nothing any more back to the kernel, which allocators do by themselves late or not at all.
    /// Takes milliseconds for each hundred megabytes.
    ///
    /// mimalloc's heaps are one for each thread: what a thread has allocated it alone gives back.
    package static func giveBack() {
        if let symbol = dlsym(nil, "mi_collect") {
            unsafeBitCast(symbol, to: (@convention(c) (Bool) -> Void).self)(true)
        } else if let symbol = dlsym(nil, "malloc_trim") {
            // glibc's allocator, in a process without the other; its module for Swift does not show the function.
            _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
        }
    }
}
