internal import Logging
internal import Primitives
internal import ServiceKit
internal import Telemetry

extension Gateway {
    /// Reads the certificates again when their files change.
    func watchCertificates() async {
        let logger = telemetry.logger
        await certificates.watch(every: configuration.door.certificateInterval) { fault in
            if let fault {
                logger.error(
                    "the certificates have changed and cannot be used, those of before stay",
                    metadata: ["reason": "\(fault)"])
            } else {
                logger.notice("the certificates were read again; new connections get them")
            }
        }
    }

    /// `tls_certificate_expires_seconds`, `tls_certificate_reload_failures_total`.
    func showCertificates() {
        let certificates = certificates
        let registry = telemetry.registry
        registry.describe("tls_certificate_expires_seconds", "When the first certificate ends, in seconds since 1970")
        registry.readGauge("tls_certificate_expires_seconds", []) { Double(certificates.expiresAt.seconds) }
        registry.describe("tls_certificate_reload_failures_total", "Times that changed certificates could not be used")
        registry.readCounter("tls_certificate_reload_failures_total", []) { Double(certificates.failedReloads) }
    }
}
