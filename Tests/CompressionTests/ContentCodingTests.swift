import Compression
import Testing

/// `Accept-Encoding` as RFC 9110, section 12.5.3, has it.
@Suite struct ContentCodingTests {
    private func best(_ lines: String...) -> String {
        ContentCoding.best(for: lines.map { Array($0.utf8)[...] })?.rawValue ?? "-"
    }

    @Test(
        arguments: [
            ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("GZIP", "gzip"), ("x-gzip", "gzip"), ("br", "br"),
            ("", "-"), ("identity", "-"), ("deflate", "-"), ("*", "br"), ("*;q=0", "-"), ("br;q=0, *", "gzip"),
            ("br;q=0,gzip;q=0", "-"), ("gzip;q=1.0, br;q=0.5", "gzip"), ("gzip;q=0.5, br;q=0.501", "br"),
            ("identity;q=1, gzip;q=0.5", "-"), ("identity;q=0.5, gzip;q=0.5", "gzip"), ("gzip;q=0.001", "gzip"),
            ("identity;q=0", "-"), ("identity;q=0, *", "br"), ("gzip ; q=0.8 ,\tbr ; Q=0.2", "gzip"),
            // What breaks a rule is as if it were not there.
            ("gzip;q=2", "-"), ("gzip;q=", "-"), ("gzip;q=0.1234", "-"), ("gzip;q=-1", "-"), ("gzip;q=1.001", "-"),
            ("gzip;level=1", "-"), ("gzip br", "-"), (",,gzip,,", "gzip"), (";q=1", "-"), ("gzip;q=1;x=2", "-"),
        ])
    func negotiation(field: String, coding: String) {
        #expect(best(field) == coding, "\(field)")
    }

    @Test func severalLinesAreOneList() {
        #expect(best("identity", "gzip;q=0.5", "br;q=0") == "-")
        #expect(best("gzip;q=0.5", "br;q=0.9") == "br")
        #expect(ContentCoding.best(for: [ArraySlice<UInt8>]()) == nil)
    }
}
