/// Why a stream or a connection ended (RFC 9113 section 7).
package struct HTTP2ErrorCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let noError = HTTP2ErrorCode(rawValue: 0x0)
    package static let protocolError = HTTP2ErrorCode(rawValue: 0x1)
    package static let internalError = HTTP2ErrorCode(rawValue: 0x2)
    package static let flowControlError = HTTP2ErrorCode(rawValue: 0x3)
    package static let settingsTimeout = HTTP2ErrorCode(rawValue: 0x4)
    package static let streamClosed = HTTP2ErrorCode(rawValue: 0x5)
    package static let frameSizeError = HTTP2ErrorCode(rawValue: 0x6)
    package static let refusedStream = HTTP2ErrorCode(rawValue: 0x7)
    package static let cancel = HTTP2ErrorCode(rawValue: 0x8)
    package static let compressionError = HTTP2ErrorCode(rawValue: 0x9)
    package static let connectError = HTTP2ErrorCode(rawValue: 0xa)
    package static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 0xb)
    package static let inadequateSecurity = HTTP2ErrorCode(rawValue: 0xc)
    package static let http11Required = HTTP2ErrorCode(rawValue: 0xd)

    /// A label of a fixed set, for counters.
    package var label: String {
        switch self {
        case .protocolError: "protocol-error"
        case .flowControlError: "flow-control-error"
        case .frameSizeError: "frame-size-error"
        case .compressionError: "compression-error"
        case .streamClosed: "stream-closed"
        case .enhanceYourCalm: "enhance-your-calm"
        default: "other-error"
        }
    }
}

/// The connection is past saving; what is still in the output (a GOAWAY) goes out, then it closes.
package enum HTTP2Failure: Error, Equatable {
    /// The first bytes were not HTTP/2's connection preface.
    case notHTTP2
    /// The library refused the input; the number is its own.
    case fatal(Int)
}
