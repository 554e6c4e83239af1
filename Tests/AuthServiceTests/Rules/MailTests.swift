import AuthService
import Primitives
import Testing

@Suite struct MailTests {
    static let at = Timestamp(seconds: 1_800_000_000)

    static let decisions: [(MailReason, Bool, MailTemplate?)] = [
        (.registered, false, .verifyEmail), (.registered, true, nil),
        (.registeredAgain, false, .verifyEmail), (.registeredAgain, true, .accountExists),
        (.resend, false, .verifyEmail), (.resend, true, nil),
        (.sessionReused, false, .sessionEnded), (.sessionReused, true, .sessionEnded),
    ]

    @Test(arguments: decisions)
    func whatIsSentIsDecidedLate(_ reason: MailReason, _ isVerified: Bool, _ template: MailTemplate?) {
        let order = MailOrder(reason: reason, emailKey: "a@example.com", at: Self.at)
        #expect(order.template(isVerified: isVerified) == template)
    }

    @Test(arguments: MailReason.allCases) func ordersReadBack(_ reason: MailReason) {
        let order = MailOrder(reason: reason, emailKey: "ä\"@example.com", at: Self.at)
        #expect(MailOrder(payload: order.payload) == order)
    }

    @Test(arguments: ["", "{}", "[]", "{\"reason\":\"spam\",\"email\":\"a@example.com\",\"at\":1}"])
    func otherPayloadsAreNoOrders(_ payload: String) {
        #expect(MailOrder(payload: Array(payload.utf8)) == nil)
    }

    @Test func theLinkCarriesTheTokenInItsFragment() {
        let text = MailText(
            .verifyEmail, serviceName: "A & B <C>", publicURL: "https://example.com", token: "tokentokentoken")
        #expect(text.text.contains("https://example.com/verify#token=tokentokentoken"))
        #expect(text.html.contains("href=\"https://example.com/verify#token=tokentokentoken\""))
        #expect(text.html.contains("A &amp; B &lt;C&gt;"))
        #expect(!text.html.contains("<C>"))
    }

    @Test func aJobAlwaysMakesTheSameToken() throws {
        let mint = LinkTokenMint(key: Secret([UInt8](repeating: 5, count: 32)))
        let other = LinkTokenMint(key: Secret([UInt8](repeating: 6, count: 32)))
        let token = mint.token(.verifyEmail, ofJob: "one")
        #expect(token.text == mint.token(.verifyEmail, ofJob: "one").text)
        #expect(token.text != mint.token(.verifyEmail, ofJob: "two").text)
        #expect(token.text != other.token(.verifyEmail, ofJob: "one").text)
        #expect(try #require(LinkToken(token.text)).digest == token.digest)
        #expect(token.digest.count == 32)
    }

    @Test(arguments: ["", "short", String(repeating: "=", count: 43), String(repeating: "A", count: 44)])
    func nonsenseIsNoToken(_ text: String) {
        #expect(LinkToken(text) == nil)
    }
}
