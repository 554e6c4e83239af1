internal import CHiredis

/// Takes bytes from a socket and gives replies: hiredis' reader with bounded objects.
///
/// The only part of the suite that sees the C library. Confined to one event loop. Safe although it holds pointers:
/// both are its own, made in `init` and freed in `deinit`, and none leaves it.
@safe final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: ReplyBuilder
    private let bytesMax: Int
    /// Bytes taken since the last finished reply.
    private var bytesHeld = 0

    /// Nil when memory is short.
    init?(bytesMax: Int, elementsMax: Int) {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        unsafe functions.initialize(
            to: redisReplyObjectFunctions(
                createString: createString, createArray: createArray, createInteger: createInteger,
                createNil: createNil, freeObject: freeObject))
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            unsafe functions.deallocate()
            return nil
        }
        unsafe self.functions = functions
        unsafe self.reader = reader
        self.bytesMax = bytesMax
        builder = ReplyBuilder(elementsMax: elementsMax)
        unsafe reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        // Gives an unfinished object back to the builder, which is still alive here.
        unsafe redisReaderFree(reader)
        unsafe functions.deallocate()
    }

    func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisFailure) {
        guard bytes.count > 0 else { return }
        bytesHeld += bytes.count
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard unsafe redisReaderFeed(reader, start, bytes.count) == REDIS_OK else { throw fault() }
    }

    /// The next whole reply, nil when more bytes are needed. After a failure the reader is of no more use.
    func next() throws(RedisFailure) -> RedisReply? {
        var object: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw fault() }
        guard unsafe object != nil else {
            if bytesHeld > bytesMax { throw .protocolFault("the reply is larger than \(bytesMax) bytes") }
            return nil
        }
        bytesHeld = unsafe Int(reader.pointee.len - reader.pointee.pos)
        guard let reply = builder.take() else { throw .protocolFault("the parser gave no reply") }
        return reply
    }

    private func fault() -> RedisFailure {
        if builder.hasRefused { return .protocolFault("the reply has too many elements") }
        let text = unsafe withUnsafeBytes(of: &reader.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .protocolFault(text)
    }
}

// The functions that hiredis calls for each object. Each gives the builder back as "the object": hiredis only keeps the
// pointer and compares it with null.

private func builder(of task: UnsafePointer<redisReadTask>?) -> ReplyBuilder? {
    guard let task = unsafe task, let builder = unsafe task.pointee.privdata else { return nil }
    return unsafe Unmanaged<ReplyBuilder>.fromOpaque(builder).takeUnretainedValue()
}

private func createString(
    task: UnsafePointer<redisReadTask>?, start: UnsafeMutablePointer<CChar>?, count: Int
) -> UnsafeMutableRawPointer? {
    guard let builder = unsafe builder(of: task), let type = unsafe task?.pointee.type else { return nil }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    switch type {
    case REDIS_REPLY_ERROR:
        let line = unsafe String(decoding: bytes.prefix(RedisFailure.messageBytesMax), as: UTF8.self)
        builder.append(.error(.server(line)))
    case REDIS_REPLY_STATUS: builder.append(.status(unsafe String(decoding: bytes, as: UTF8.self)))
    default: builder.append(.bytes(unsafe Array(bytes)))
    }
    return unsafe task?.pointee.privdata
}

private func createArray(task: UnsafePointer<redisReadTask>?, count: Int32) -> UnsafeMutableRawPointer? {
    guard let builder = unsafe builder(of: task), builder.beginArray(Int(count)) else { return nil }
    return unsafe task?.pointee.privdata
}

private func createInteger(task: UnsafePointer<redisReadTask>?, value: Int64) -> UnsafeMutableRawPointer? {
    unsafe builder(of: task)?.append(.integer(value))
    return unsafe task?.pointee.privdata
}

private func createNil(task: UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? {
    unsafe builder(of: task)?.append(.null)
    return unsafe task?.pointee.privdata
}

private func freeObject(object: UnsafeMutableRawPointer?) {
    guard let object = unsafe object else { return }
    unsafe Unmanaged<ReplyBuilder>.fromOpaque(object).takeUnretainedValue().reset()
}
