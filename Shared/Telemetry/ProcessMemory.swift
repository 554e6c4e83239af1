internal import Glibc

/// The memory that this process holds, as the kernel counts it.
package enum ProcessMemory {
    /// Bytes resident; 0 where the kernel does not tell.
    package static var residentBytes: Int {
        // proc(5): sizes in pages, total and resident first.
        let pages = ProcessFacts.text(of: "/proc/self/statm").split(separator: " ")
        return pages.count >= 2 ? (Int(pages[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    /// Gives pages that hold nothing any more back to the kernel, which glibc's allocator does by itself only at the
    /// end of its heaps. Takes milliseconds for each hundred megabytes, in which others may wait for the allocator.
    package static func giveBack() {
        // A function of glibc alone, which its module for Swift does not show.
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
    }
}
