import Contract
import Testing

@Suite struct RouteTableTests {
    private let table: RouteTable<String> = {
        var table = RouteTable<String>()
        for (method, path) in [
            ("GET", "/v1/users/me"), ("PATCH", "/v1/users/me"), ("GET", "/v1/users/{user}"),
            ("GET", "/v1/articles/{article}/draft"), ("GET", "/"),
        ] {
            _ = table.add(method, PathTemplate(path), "\(method) \(path)")
        }
        return table
    }()

    private func describe(_ method: String, _ path: String, collects: Bool = true) -> String {
        switch table.match(method, path: path[...], collects: collects) {
        case .found(let target, let parameters): "\(target) \(parameters.values.map(\.value))"
        case .methodNotAllowed(let allow): "405 \(allow.joined(separator: ","))"
        case .notFound: "404"
        }
    }

    @Test(arguments: [
        ("GET", "/v1/users/me", "GET /v1/users/me []"), ("HEAD", "/v1/users/me", "GET /v1/users/me []"),
        ("GET", "/v1/users/mine", "GET /v1/users/{user} [\"mine\"]"),
        ("GET", "/v1/users/a%20b", "GET /v1/users/{user} [\"a b\"]"),
        ("DELETE", "/v1/users/me", "405 GET,PATCH,HEAD,OPTIONS"), ("GET", "/", "GET / []"),
        ("GET", "/v1/articles/x/draft", "GET /v1/articles/{article}/draft [\"x\"]"),
        ("GET", "/v1/articles//draft", "404"), ("GET", "/v1/users/", "404"), ("GET", "/v1/users/me/", "404"),
        ("GET", "", "404"), ("GET", "v1/users/me", "404"), ("GET", "/v1/users/%zz", "404"),
        ("GET", "/V1/users/me", "404"),
    ])
    func matches(method: String, path: String, outcome: String) {
        #expect(describe(method, path) == outcome)
    }

    @Test(arguments: [
        ("GET", "/v1/users/me", "GET /v1/users/me []"), ("GET", "/v1/users/a%20b", "GET /v1/users/{user} []"),
        ("GET", "/v1/articles/x/draft", "GET /v1/articles/{article}/draft []"), ("GET", "/v1/articles/x", "404"),
        ("PUT", "/v1/users/x", "405 GET,HEAD,OPTIONS"),
    ])
    func matchesWithoutWhatStandsInTheHoles(method: String, path: String, outcome: String) {
        #expect(describe(method, path, collects: false) == outcome)
    }

    @Test func sameShapeIsRefused() {
        var table = RouteTable<Int>()
        let added = [
            table.add("GET", PathTemplate("/a/{x}"), 1), table.add("GET", PathTemplate("/a/{y}"), 2),
            table.add("PUT", PathTemplate("/a/{y}"), 3),
        ]
        #expect(added == [true, false, true])
    }
}
