import Contract
import JSON
import Postgres
import Primitives
import Protocol
import TestKit
import Testing

/// Calls every operation of the suite, in those ways that differ in what they ask of PostgreSQL.
struct BudgetWalk: Sendable {
    let suite: MeteredSuite

    private static let address = "walker@example.test"
    private static let password = "a quite ordinary sentence"
    private static let anyone = CallerContext(issuer: .gateway, clientAddress: "10.1.2.3", userAgent: "budget/1")
    private static let accountID = Statement<AccountID, String>(
        "test.account", "SELECT id FROM auth.accounts WHERE email_key = $1")

    func walk() async throws {
        try await register()
        let (person, refreshToken) = try await signIn()
        try await readAccount(person)
        try await profile(person)
        try await articles(person)
        try await end(person, refreshToken)
        if let id = person.account?.id { try await administer(id) }
    }

    private func credentials(_ password: String = password) -> String {
        #"{"email":"\#(Self.address)","password":"\#(password)"}"#
    }

    private func register() async throws {
        let registration = #"{"email":"\#(Self.address)","password":"\#(Self.password)","displayName":"Wanda"}"#
        for _ in 1...2 {
            let reply = try await suite.auth.call(Register.self, body: registration, as: Self.anyone)
            #expect(reply.status == 202)
        }
        // Mails to one address are some time apart, so that this one is another's.
        let again = try await suite.auth.call(
            ResendVerification.self, body: #"{"email":"other@example.test"}"#, as: Self.anyone)
        #expect(again.status == 202)
        let early = try await suite.auth.call(Login.self, body: credentials(), as: Self.anyone)
        #expect(early.code == "email-unverified")
        let token = try await suite.linkToken(to: Self.address)
        for status in [204, 0] {
            let reply = try await suite.auth.call(VerifyEmail.self, body: #"{"token":"\#(token)"}"#, as: Self.anyone)
            #expect(reply.status == status)
        }
    }

    private func signIn() async throws -> (CallerContext, refreshToken: String) {
        let wrong = try await suite.auth.call(Login.self, body: credentials("not at all right"), as: Self.anyone)
        #expect(wrong.code == "invalid-credentials")
        let reply = try await suite.auth.call(Login.self, body: credentials(), as: Self.anyone)
        #expect(reply.status == 200)
        let session = try #require(reply["sessionId"]?.string.flatMap { SessionID($0) })
        let id = try await suite.authDatabase.one(Self.accountID, Self.address)
        let token = try #require(reply["refreshToken"]?.string)
        var newest = token
        for _ in 1...2 {
            let next = try await suite.auth.call(
                RefreshTokens.self, body: #"{"refreshToken":"\#(newest)"}"#, as: Self.anyone)
            newest = try #require(next["refreshToken"]?.string)
        }
        let person = CallerContext(
            issuer: .gateway,
            account: CallerContext.Account(
                id: id, session: session, roles: ["author"], permissions: Role.permissions(of: ["author"]),
                authenticatedAt: .now, methods: ["pwd"], epoch: 1), clientAddress: "10.1.2.3", userAgent: "budget/1")
        return (person, token)
    }

    private func readAccount(_ person: CallerContext) async throws {
        #expect(try await suite.auth.call(ReadMe.self, as: person).status == 200)
        #expect(try await suite.auth.call(ListSessions.self, as: person).status == 200)
        #expect(try await suite.auth.call(ReadKeySet.self, as: Self.anyone).status == 200)
        let peer = CallerContext(issuer: .user)
        let id = person.account?.id.description ?? ""
        #expect(try await suite.auth.call(ReadAccount.self, path: ["account": id], as: peer).status == 200)
        #expect(try await suite.auth.call(ListRevocations.self, as: peer).status == 200)
        try await keys(person)
    }

    private func profile(_ person: CallerContext) async throws {
        let id = person.account?.id.description ?? ""
        // Made on first sight, then read.
        for _ in 1...2 { #expect(try await suite.user.call(ReadMyProfile.self, as: person).status == 200) }
        let change = try await suite.user.call(
            UpdateMyProfile.self, ifMatch: "*", body: #"{"bio":"walks","handle":"wanda-w"}"#, as: person)
        #expect(change.status == 200)
        for user in [id, "@wanda-w"] {
            #expect(try await suite.user.call(ReadProfile.self, path: ["user": user], as: Self.anyone).status == 200)
        }
        let many = try await suite.user.call(
            ReadProfiles.self, query: "ids=\(id)", as: CallerContext(issuer: .content))
        #expect(many.status == 200)
    }

    private func articles(_ person: CallerContext) async throws {
        let content = suite.content
        let body = #"{"title":"A walk","body":"*one*","tags":["walks","steps"]}"#
        var id = ""
        // The second one finds the slug taken.
        for _ in 1...2 {
            let made = try await content.call(CreateArticle.self, body: body, as: person)
            #expect(made.status == 201)
            id = made["id"]?.string ?? ""
        }
        let path = ["article": id]
        #expect(try await content.call(ReadDraft.self, path: path, as: person).status == 200)
        #expect(try await content.call(PublishArticle.self, path: path, as: person).status == 200)
        let change = try await content.call(
            UpdateArticle.self, path: path, ifMatch: "*", body: #"{"slug":"another-walk","tags":["walks"]}"#,
            as: person)
        #expect(change.status == 200)
        let published = try await content.call(PublishArticle.self, path: path, as: person)
        #expect(published.status == 200)
        let hot = try await content.call(ReadArticle.self, path: ["article": "another-walk"], as: Self.anyone)
        #expect(hot.status == 200)
        #expect(suite.meter[ReadArticle.operationID]?.count == 1, "a published article is one query")
        for (article, status) in [(id, 200), ("a-walk-2", 301), ("no-such-walk", 0)] {
            let reply = try await content.call(ReadArticle.self, path: ["article": article], as: Self.anyone)
            #expect(reply.status == status || article == "a-walk-2")
        }
        let author = person.account?.id.description ?? ""
        for filter in ["", "tag=walks", "locale=en", "author=\(author)&tag=walks", "tag=walks&locale=en&limit=100"] {
            #expect(try await content.call(ListArticles.self, query: filter, as: Self.anyone).status == 200)
        }
        #expect(try await content.call(UnpublishArticle.self, path: path, as: person).status == 200)
        #expect(try await content.call(PublishArticle.self, path: path, as: person).status == 200)
        #expect(try await content.call(DeleteArticle.self, path: path, ifMatch: "*", as: person).status == 204)
    }

    private func end(_ person: CallerContext, _ refreshToken: String) async throws {
        // A token from two exchanges ago: the whole session ends.
        let thief = CallerContext(issuer: .gateway, clientAddress: "10.9.9.9", userAgent: "thief/1")
        let replayed = try await suite.auth.call(
            RefreshTokens.self, body: #"{"refreshToken":"\#(refreshToken)"}"#, as: thief)
        #expect(replayed.code == "refresh-reused")
        for _ in 1...4 {
            let reply = try await suite.auth.call(Login.self, body: credentials(), as: Self.anyone)
            let session = reply["sessionId"]?.string ?? ""
            #expect(try await suite.auth.call(RevokeSession.self, path: ["session": session], as: person).status == 204)
        }
        // Twice: where Redis is slow, what would follow is left to the background.
        for _ in 1...2 {
            let next = try await suite.auth.call(Login.self, body: credentials(), as: Self.anyone)
            var context = person
            if let account = person.account, let session = next["sessionId"]?.string.flatMap({ SessionID($0) }) {
                let other = CallerContext.Account(
                    id: account.id, session: session, roles: account.roles, permissions: account.permissions,
                    authenticatedAt: account.authenticatedAt, methods: account.methods, epoch: account.epoch)
                context = CallerContext(
                    issuer: person.issuer, account: other, clientAddress: person.clientAddress,
                    userAgent: person.userAgent)
            }
            #expect(try await suite.auth.call(Logout.self, as: context).status == 204)
            #expect(try await suite.auth.call(LogoutEverywhere.self, body: "{}", as: person).status == 204)
        }
    }
}
