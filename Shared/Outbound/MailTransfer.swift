internal import CCurl
internal import Primitives

/// One mail over one connection by libcurl, blocking.
@safe struct MailTransfer: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private var recipients: UnsafeMutablePointer<curl_slist>?

    // Made before the first handle; libcurl asks for it once in a process.
    private static let libraryState: CURLcode = causeway_curl_global_init()

    /// Sends `message` to `server` and waits for its answer.
    static func perform(_ message: MailMessage, to server: MailServer) -> MailFailure? {
        guard libraryState == CURLE_OK, let handle = unsafe curl_easy_init() else {
            return MailFailure(.temporary, "libcurl cannot start")
        }
        var transfer = unsafe MailTransfer(handle: handle)
        return transfer.run(message, server)
    }

    private init(handle: UnsafeMutableRawPointer) {
        unsafe self.handle = unsafe handle
        unsafe recipients = nil
    }

    deinit {
        unsafe curl_slist_free_all(recipients)
        unsafe curl_easy_cleanup(handle)
    }

    private mutating func run(_ message: MailMessage, _ server: MailServer) -> MailFailure? {
        unsafe recipients = curl_slist_append(nil, "<\(message.to.address)>")
        guard unsafe recipients != nil else { return MailFailure(.temporary, "out of memory") }
        let source = MailSource(message.render())
        let set = configure(message, server).first { $0 != CURLE_OK }
        if let set { return MailFailure(.invalid, "libcurl refuses a setting: \(Self.words(set))") }
        let result = withExtendedLifetime(source) {
            let argument = unsafe Unmanaged.passUnretained(source).toOpaque()
            guard unsafe causeway_curl_set_reader(handle, readMail, argument) == CURLE_OK else {
                return CURLE_OUT_OF_MEMORY
            }
            return unsafe curl_easy_perform(handle)
        }
        return judge(result)
    }

    private func configure(_ message: MailMessage, _ server: MailServer) -> [CURLcode] {
        let usesTLS = server.security != .none
        var results = [
            // No signals for time-outs (this is a thread), no proxy from the environment, no other protocol.
            set(CURLOPT_NOSIGNAL, 1), set(CURLOPT_PROXY, ""), set(CURLOPT_PROTOCOLS_STR, "smtp,smtps"),
            set(CURLOPT_URL, server.url),
            set(CURLOPT_CONNECTTIMEOUT_MS, Int(server.connectTimeout.wholeMilliseconds)),
            set(CURLOPT_TIMEOUT_MS, Int(server.totalTimeout.wholeMilliseconds)),
            set(CURLOPT_USE_SSL, usesTLS ? causeway_CURL_USE_TLS : causeway_CURL_USE_PLAIN),
            set(CURLOPT_SSLVERSION, causeway_CURL_TLS12_OR_LATER), set(CURLOPT_SSL_VERIFYPEER, 1),
            set(CURLOPT_SSL_VERIFYHOST, 2),
            set(CURLOPT_MAIL_FROM, "<\(message.from.address)>"), set(CURLOPT_UPLOAD, 1),
            unsafe causeway_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients),
        ]
        if let pem = server.trustPEM {
            unsafe results.append(
                pem.withUnsafeBytes { unsafe causeway_curl_set_authorities(handle, $0.baseAddress, $0.count) })
        }
        if let user = server.user, let password = server.password {
            results.append(set(CURLOPT_USERNAME, user))
            results.append(set(CURLOPT_PASSWORD, password.exposedValue))
        }
        return results
    }

    private func set(_ option: CURLoption, _ value: Int) -> CURLcode {
        unsafe causeway_curl_set_long(handle, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) -> CURLcode {
        unsafe causeway_curl_set_string(handle, option, value)
    }

    /// The server's last reply says more than libcurl's own code, which is the same for 4yz and 5yz.
    private func judge(_ result: CURLcode) -> MailFailure? {
        guard result != CURLE_OK else { return nil }
        let code = unsafe Int(causeway_curl_response_code(handle))
        let smtpCode = code > 0 ? code : nil
        // A refused EHLO, STARTTLS or log-in is about the service, not about this mail; of a refused greeting libcurl
        // does not even tell the code.
        let isAboutService =
            result == CURLE_REMOTE_ACCESS_DENIED || result == CURLE_USE_SSL_FAILED || result == CURLE_LOGIN_DENIED
        let isRefusal = (500..<600).contains(code) && !isAboutService
        return MailFailure(isRefusal ? .permanent : .temporary, smtpCode: smtpCode, Self.words(result))
    }

    private static func words(_ code: CURLcode) -> String {
        unsafe curl_easy_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code.rawValue)"
    }
}

/// What libcurl reads a mail from.
private final class MailSource {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        let chunk = rest.prefix(target.count)
        unsafe target.copyBytes(from: chunk)
        rest = rest.dropFirst(chunk.count)
        return chunk.count
    }
}

private func readMail(
    target: UnsafeMutablePointer<CChar>?, size: Int, count: Int, argument: UnsafeMutableRawPointer?
) -> Int {
    guard let target = unsafe target, let argument = unsafe argument else { return 0 }
    let source = unsafe Unmanaged<MailSource>.fromOpaque(argument).takeUnretainedValue()
    return unsafe source.take(into: UnsafeMutableRawBufferPointer(start: target, count: size * count))
}
