/// Why listening sockets did not go over from one process to another.
package enum HandoverFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The folder cannot be used.
    case folder(path: String, reason: String)
    /// The other process says no, with its reason.
    case refused(String)
    /// The other process does not answer in time.
    case silent
    /// The other process is gone, or said something that makes no sense.
    case broken(String)
    case system(String)

    package var description: String {
        switch self {
        case .folder(let path, let reason): "\(path) cannot hold the hand-over's socket: \(reason)"
        case .refused(let reason): "the process that listens now hands nothing over: \(reason)"
        case .silent: "the process that listens now does not answer"
        case .broken(let reason): "the hand-over broke off: \(reason)"
        case .system(let reason): "the hand-over failed: \(reason)"
        }
    }

    init(_ fault: SystemFault) { self = .system(fault.description) }
}
