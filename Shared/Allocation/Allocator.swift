internal import CMimalloc
internal import Glibc

/// Where the process gets its memory: mimalloc takes the place of the C library's `malloc`, for every library in it.
///
/// A request allocates a few dozen small things and frees them in the same turn of its loop, which glibc does with a
/// twentieth more of the request's time; and what a crowd has held goes back to the kernel when the crowd has gone.
package enum Allocator {
    /// The library's version, as `2.0.9`. Asking for it is what keeps the linker from dropping the library.
    package static var version: String {
        let number = Int(mi_version())
        return "\(number / 100).\(number / 10 % 10).\(number % 10)"
    }

    /// Has what is freed go back to the kernel within a millisecond instead of 25: the library looks at it only as more
    /// is freed nearby, so that most of what a crowd has held would stay. Shorter yet would cost busy loops an eighth.
    package static func configure() {
        mi_option_set(mi_option_decommit_delay, 1)
    }

    /// Whether `malloc` is the library's: another one may have been put before it (`LD_PRELOAD`).
    package static var isInPlace: Bool {
        let probe = unsafe malloc(64)
        defer { unsafe free(probe) }
        return unsafe mi_is_in_heap_region(probe)
    }
}
