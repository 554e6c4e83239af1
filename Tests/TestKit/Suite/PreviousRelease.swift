internal import Foundation

/// The executable of the release before this one, which `make test` builds (`compose/local/previous.sh`).
package enum PreviousRelease {
    /// Nil where there is none to test with.
    package static var path: String? { variable("CAUSEWAY_PREVIOUS_BINARY") }

    /// Why there is none.
    package static var whyAbsent: String {
        variable("CAUSEWAY_PREVIOUS_ABSENT")
            ?? "CAUSEWAY_PREVIOUS_BINARY names no executable: compose/local/previous.sh builds it"
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension SuiteUnderTest {
    /// Which release a process or a command is of.
    package enum Release: Sendable {
        case this, previous
    }

    func executable(_ release: Release) throws -> String {
        switch release {
        case .this: return binary
        case .previous:
            guard let path = PreviousRelease.path else { throw Fault(description: PreviousRelease.whyAbsent) }
            return path
        }
    }
}
