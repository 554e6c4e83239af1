/// Bytes between a session and its peer: appended at the end, taken at the front, moved only to grow.
///
/// It owns its memory, since OpenSSL's memory BIO clears all of its capacity each time it is emptied.
@safe struct CiphertextQueue: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init() {
        unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    deinit {
        unsafe memory.deallocate()
    }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// What waits, valid until the queue changes.
    var bytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: memory[start..<end])
    }

    mutating func append(_ source: UnsafeRawBufferPointer) {
        guard source.count > 0 else { return }
        reserve(source.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: source)
        end += source.count
    }

    /// Moves up to `target.count` bytes to `target`; how many.
    mutating func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        let taken = min(target.count, count)
        guard taken > 0 else { return 0 }
        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + taken]))
        drop(taken)
        return taken
    }

    mutating func drop(_ bytes: Int) {
        precondition(bytes <= count, "more dropped than waits")
        start += bytes
        guard start == end else { return }
        start = 0
        end = 0
        // What is kept would be kept for every idle connection.
        unsafe memory.deallocate()
        unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    /// Makes room for so many bytes more, which may be appended in parts.
    mutating func reserve(_ bytes: Int) {
        guard unsafe memory.count - end < bytes else { return }
        let held = count
        if unsafe memory.count - held >= bytes, start >= held {
            unsafe memory.copyMemory(from: self.bytes)
        } else {
            let capacity = unsafe max(512, memory.count * 2, held + bytes)
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
            unsafe larger.copyMemory(from: self.bytes)
            unsafe memory.deallocate()
            unsafe memory = larger
        }
        start = 0
        end = held
    }
}
