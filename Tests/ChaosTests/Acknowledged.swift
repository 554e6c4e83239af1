import JSON
import Synchronization

/// What the clients were told was done, as they report it, line by line.
final class Acknowledged: Sendable {
    struct Facts: Sendable {
        /// Titles of drafts, with their ids.
        var articles: [(title: String, id: String)] = []
        var published: [String] = []
        var tokens: [(article: String, token: String)] = []
        /// The last name of each account that was acknowledged.
        var names: [String: (number: Int, name: String)] = [:]
        /// Addresses whose link was accepted.
        var accounts: [String] = []
        /// Answers that no client should see.
        var wrong: [String] = []
        var requests = 0
        var retries = 0
        /// Acknowledged writes of every kind.
        var count = 0
    }

    private let state = Mutex(Facts())

    var facts: Facts { state.withLock { $0 } }
    var count: Int { state.withLock { $0.count } }

    /// Takes one line of the clients' report.
    func take(_ line: String) {
        guard let parsed = try? JSONValue.parse(Array(line.utf8)), let fact = parsed.object else {
            return state.withLock { $0.wrong.append("not JSON: \(line)") }
        }
        state.withLock { $0.take(fact, line: line) }
    }
}

extension Acknowledged.Facts {
    fileprivate mutating func take(_ fact: JSONObject, line: String) {
        func text(_ name: String) -> String { fact[name]?.string ?? "" }
        switch text("kind") {
        case "article": articles.append((text("title"), text("id")))
        case "published": published.append(text("id"))
        case "token": tokens.append((text("id"), text("token")))
        case "name": names[text("account")] = (fact["number"]?.integer.map { Int($0) } ?? 0, text("name"))
        case "account": accounts.append(text("email"))
        case "perhaps": return
        case "summary":
            requests = fact["requests"]?.integer.map { Int($0) } ?? 0
            retries = fact["retries"]?.integer.map { Int($0) } ?? 0
            return
        default:
            wrong.append(line)
            return
        }
        count += 1
    }
}
