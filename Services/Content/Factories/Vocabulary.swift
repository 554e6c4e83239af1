/// The words that demonstration articles are made of.
enum Vocabulary {
    struct Topic: Sendable {
        let tag: String
        let subjects: [String]
        let materials: [String]
    }

    static let topics: [Topic] = [
        Topic(
            tag: "bridges", subjects: ["causeway", "stone arch", "swing bridge", "viaduct", "ferry landing"],
            materials: ["granite", "riveted steel", "oak piles", "lime mortar"]),
        Topic(
            tag: "gardens", subjects: ["kitchen garden", "orchard", "hedge", "greenhouse", "herb bed"],
            materials: ["compost", "clay soil", "old brick", "rainwater"]),
        Topic(
            tag: "maps", subjects: ["sea chart", "survey", "tide table", "relief map", "atlas"],
            materials: ["copperplate", "tracing linen", "laid paper", "ink"]),
        Topic(
            tag: "bread", subjects: ["rye loaf", "sourdough", "village oven", "flat bread", "malt roll"],
            materials: ["stone-ground flour", "sea salt", "spelt", "barm"]),
        Topic(
            tag: "radio", subjects: ["crystal set", "valve receiver", "aerial", "night signal", "call sign"],
            materials: ["copper wire", "galena", "bakelite", "mica"]),
        Topic(
            tag: "weather", subjects: ["barometer", "spring tide", "north wind", "fog bank", "rain gauge"],
            materials: ["mercury", "brass", "horsehair", "blown glass"]),
    ]

    static let moreTags = ["how-to", "history", "essay", "field notes", "interview", "reading list"]

    static let adjectives = [
        "patient", "forgotten", "quiet", "crooked", "well-made", "borrowed", "northern", "ordinary", "stubborn",
        "salt-worn",
        "unfinished", "careful",
    ]
    static let people = [
        "the harbour master", "a schoolteacher", "two brothers", "the surveyor", "an old gardener", "the night shift",
        "our neighbours", "the parish clerk",
    ]
    static let verbs = [
        "measured", "repaired", "described", "carried home", "drew from memory", "defended", "rebuilt", "photographed",
        "listened to", "weighed",
    ]
    static let times = [
        "every autumn", "before sunrise", "after the flood", "in the second winter", "for eleven years",
        "on market days", "when the ice broke", "in a single afternoon",
    ]
    static let places = [
        "at the edge of the marsh", "behind the church", "on the long dike", "in the lower town", "beside the lock",
        "under the station roof", "along the coast road",
    ]
    static let lessons = [
        "Nothing that is hidden stays dry.", "Measure twice, and write down both.",
        "What can be taken apart can be kept.", "The cheapest repair is the one made early.",
        "A thing that is easy to reach is a thing that is looked after.", "Good tools are quiet.",
    ]
}
