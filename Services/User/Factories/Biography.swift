internal import Contract
internal import Primitives

/// Words that a demonstration profile says about itself, the same for the same id.
enum Biography {
    private static let trades = [
        "Bridge engineer", "Botanist", "Typesetter", "Cartographer", "Night nurse", "Violin maker", "Harbour pilot",
        "Archivist", "Beekeeper", "Tram driver",
    ]
    private static let habits = [
        "collects old timetables", "walks the dikes every morning", "bakes rye bread", "repairs radios",
        "paints the sea from memory", "learns a language each winter", "keeps a garden on a roof",
        "writes letters by hand",
    ]

    static func of(_ id: AccountID) -> String {
        let trade = trades[Int(id.uuid.low % UInt64(trades.count))]
        let habit = habits[Int(id.uuid.low / 16 % UInt64(habits.count))]
        return "\(trade) who \(habit)."
    }
}
