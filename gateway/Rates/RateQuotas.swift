/// What each rate class of the edge allows. The defaults are those of a public edge.
package struct RateQuotas: Sendable, Hashable {
    var connection = RateQuota(1200, per: .minute)
    var invalidCredentials = RateQuota(100, per: .minute)
    var read = RateQuota(600, per: .minute, burst: 120)
    var write = RateQuota(60, per: .minute, burst: 20)
    var search = RateQuota(60, per: .minute)
    var login = RateQuota(30, per: .minute)
    var mail = RateQuota(10, per: .minute)
    var upload = RateQuota(60, per: .hour)

    package init() {}
}
