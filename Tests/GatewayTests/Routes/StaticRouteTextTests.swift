import Contract
import HTTP
import ServiceKit
import Testing

@testable import Gateway

@Suite("A static route's text")
struct StaticRouteTextTests {
    @Test("says all of it")
    func full() throws {
        let text =
            "/a/b/=h2c://one:1+[::1]:2;access=public;rate=search;websocket;compress;headers=X-A+cookie;health=/up/ok"
        let route = try #require(StaticRoute(settingText: text))
        #expect(route.prefix == "/a/b/" && route.wire == .h2c && route.operation == "route-a-b")
        #expect(route.places == [HostPort(host: "one", port: 1), HostPort(host: "::1", port: 2)])
        #expect(route.isPublic && route.rate == .search && route.takesWebSockets && route.headers == ["x-a", "cookie"])
        #expect(route.compresses && route.healthPath == "/up/ok")
        #expect(StaticRoute(settingText: route.settingText) == route)
    }

    @Test("is closed where it says nothing")
    func defaults() throws {
        let route = try #require(StaticRoute(settingText: "/a/=http://127.0.0.1:9000"))
        #expect(!route.isPublic && route.rate == .read && !route.takesWebSockets && route.headers.isEmpty)
        #expect(!route.compresses && route.healthPath == nil)
    }

    @Test(
        "is refused where it means nothing",
        arguments: [
            "", "/a/", "/a/=", "a/=http://h:1", "/a=http://h:1", "/a/=https://h:1", "/a/=http://h", "/a/=http://h:0",
            "/a/=http://h:1+", "/a/=http://h:1/x", "/a/../=http://h:1", "/a//=http://h:1", "/%61/=http://h:1",
            "/a?/=http://h:1", "/a/=http://h:1;", "/a/=http://h:1;access=all", "/a/=http://h:1;rate=login",
            "/a/=http://h:1;websocket=yes", "/a/=http://h:1;compress=br", "/a/=http://h:1;headers=authorization",
            "/a/=http://h:1;headers=x a",
            "/a/=http://h:1;headers=causeway-caller", "/a/=http://h:1;headers=x-forwarded-for",
            "/a/=http://h:1;headers=access-control-allow-origin", "/a/=http://h:1;headers=content-security-policy",
            "/a/=http://h:1;health", "/a/=http://h:1;health=", "/a/=http://h:1;health=up",
            "/a/=http://h:1;health=/a/../b",
            "/a/=http://h:1;health=//up", "/a/=http://h:1;health=/up?deep",
        ])
    func refused(text: String) { #expect(StaticRoute(settingText: text) == nil) }

    @Test("hides nothing that answers")
    func conflicts() {
        let taken = ["/v1/articles", "/v1/articles/{article}/draft", "/livez", "/"].map { PathTemplate($0) }
        func conflicts(_ prefixes: String...) -> [String] {
            StaticRoute.conflicts(prefixes.map { StaticRoute($0, places: []) }, with: taken)
        }
        #expect(conflicts("/legacy/", "/v2/", "/v1/other/", "/legacy/deeper/").isEmpty)
        #expect(conflicts("/v1/") == ["/v1/ hides /v1/articles"])
        #expect(conflicts("/v1/articles/") == ["/v1/articles/ hides /v1/articles/{article}/draft"])
        #expect(conflicts("/v1/articles/x/") == ["/v1/articles/x/ hides /v1/articles/{article}/draft"])
        #expect(conflicts("/") == ["/ hides /v1/articles"])
        #expect(conflicts("/internal/x/") == ["/internal/x/ is under /internal/"])
        #expect(conflicts("/a/", "/a/") == ["/a/ is routed twice"])
    }

    @Test("cuts the suite's cookies out where others pass")
    func cookies() throws {
        let route = try #require(StaticRoute(settingText: "/a/=http://h:1;headers=cookie"))
        var passed = HeaderFields()
        StaticFields(route).copy(
            ["cookie": "__Host-at=secret; theme=dark", "authorization": "Bearer x", "cookie": " __Host-rt=s;lang=de "],
            to: &passed)
        #expect(passed == ["cookie": "theme=dark; lang=de "])
        #expect(StaticFields(route).answers.names.contains("set-cookie"))
        var answer: HeaderFields = ["set-cookie": "a=b", "set-cookie": " __Host-rt=theirs; Path=/", "etag": "1"]
        answer.removeOwnCookies()
        #expect(answer == ["etag": "1", "set-cookie": "a=b"])
    }
}
