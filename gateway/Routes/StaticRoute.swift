package import Contract
package import ServiceKit

/// A route beside the contracts, as configuration writes it: paths below a prefix go to an upstream of another suite.
///
///     /legacy/=http://10.0.0.7:9000+10.0.0.8:9000;access=public;rate=search;websocket;headers=cookie+x-app;health=/up
package struct StaticRoute: Sendable, Hashable {
    /// How the upstream is spoken to.
    package enum Wire: String, Sendable {
        /// HTTP/1.1, its connections kept.
        case http
        /// HTTP/2 by prior knowledge.
        case h2c
    }

    /// Begins and ends with a slash.
    package var prefix: String
    package var wire = Wire.http
    package var places: [HostPort]
    /// Whether anyone may call; else who has signed in.
    package var isPublic = false
    package var rate = RateClass.read
    /// Whether WebSockets may be opened.
    package var takesWebSockets = false
    /// Whether answers to GET may be made shorter: not where a secret stands in them beside what the client sent, since
    /// their length would tell of it (BREACH).
    package var compresses = false
    /// Further header fields that pass, both ways.
    package var headers: [String] = []
    /// Where each instance tells whether it takes calls; nil where none is asked.
    package var healthPath: String?

    package init(_ prefix: String, _ wire: Wire = .http, places: [HostPort]) {
        self.prefix = prefix
        self.wire = wire
        self.places = places
    }

    /// For metrics and logs: `route-legacy`.
    var operation: String {
        "route-"
            + prefix.split(separator: "/").joined(separator: "-").map { Self.isWord($0) ? String($0) : "-" }.joined()
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-")
    }
}

extension StaticRoute: SettingValue {
    /// Classes that count by principal or address alone.
    private static let rates: [RateClass] = [.none, .read, .write, .search]

    package init?(settingText: String) {
        let parts = settingText.split(separator: ";", omittingEmptySubsequences: false)
        guard let equals = parts[0].firstIndex(of: "="),
            let route = Self.route(parts[0][..<equals], parts[0][parts[0].index(after: equals)...])
        else { return nil }
        self = route
        for option in parts.dropFirst() { guard take(option) else { return nil } }
    }

    private static func route(_ prefix: Substring, _ upstream: Substring) -> StaticRoute? {
        let prefix = String(prefix)
        guard prefix.hasSuffix("/"), isCanonicalPath(prefix) else { return nil }
        guard let end = upstream.firstRange(of: "://"), let wire = Wire(rawValue: String(upstream[..<end.lowerBound]))
        else { return nil }
        var places: [HostPort] = []
        for place in upstream[end.upperBound...].split(separator: "+", omittingEmptySubsequences: false) {
            guard let place = HostPort(settingText: String(place)), place.port > 0 else { return nil }
            places.append(place)
        }
        return StaticRoute(prefix, wire, places: places)
    }

    private static func isCanonicalPath(_ text: String) -> Bool {
        guard let path = try? CanonicalPath(text) else { return false }
        return path.target == text && !path.hasQuery
    }

    private mutating func take(_ option: Substring) -> Bool {
        let pair = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (pair[0], pair.count > 1 ? pair[1] : nil) {
        case ("websocket", nil): takesWebSockets = true
        case ("compress", nil): compresses = true
        case ("access", "public"): isPublic = true
        case ("access", "signed-in"): isPublic = false
        case ("rate", let name?):
            guard let rate = RateClass(rawValue: name), Self.rates.contains(rate) else { return false }
            self.rate = rate
        case ("headers", let names?):
            headers = names.split(separator: "+").map { $0.lowercased() }
            return headers.allSatisfy(StaticFields.mayBeNamed)
        case ("health", let path?):
            guard Self.isCanonicalPath(path) else { return false }
            healthPath = path
        default: return false
        }
        return true
    }

    package var settingText: String {
        var text = "\(prefix)=\(wire.rawValue)://" + places.map(\.settingText).joined(separator: "+")
        text += ";access=\(isPublic ? "public" : "signed-in");rate=\(rate.rawValue)"
        if takesWebSockets { text += ";websocket" }
        if compresses { text += ";compress" }
        if !headers.isEmpty { text += ";headers=" + headers.joined(separator: "+") }
        if let healthPath { text += ";health=\(healthPath)" }
        return text
    }

    package static var placeholder: StaticRoute { StaticRoute("/-/", places: []) }
}

extension StaticRoute {
    /// Why these routes cannot stand beside what is routed already, one sentence each.
    ///
    /// - Parameter paths: templates of everything else that answers.
    static func conflicts(_ routes: [StaticRoute], with paths: [PathTemplate]) -> [String] {
        var conflicts: [String] = []
        var seen: Set<String> = []
        for route in routes {
            if !seen.insert(route.prefix).inserted { conflicts.append("\(route.prefix) is routed twice") }
            if route.prefix.hasPrefix("/internal/") { conflicts.append("\(route.prefix) is under /internal/") }
            let segments = route.prefix.split(separator: "/").map(String.init)
            if let taken = paths.first(where: { $0.mayBegin(with: segments) }) {
                conflicts.append("\(route.prefix) hides \(taken.text)")
            }
        }
        return conflicts
    }
}

extension PathTemplate {
    /// Whether some path of the template begins with these segments.
    fileprivate func mayBegin(with prefix: [String]) -> Bool {
        // A path that is the prefix without its slash at the end is another.
        guard segments.count > prefix.count || prefix.isEmpty else { return false }
        return zip(prefix, segments).allSatisfy { literal, segment in
            switch segment {
            case .literal(let text): text == literal
            case .parameter: true
            }
        }
    }
}
