import JSON

/// A plan as `EXPLAIN (FORMAT JSON)` tells it, and what is wrong with it.
struct QueryPlan {
    /// A step of a plan.
    struct Node {
        let kind: String
        let table: String?
        let index: String?
        /// Rows that the planner expects it to give.
        let rows: Double
        let hasIndexCondition: Bool
        /// Whether rows that were read are dropped again.
        let isSifted: Bool
        let children: [Node]

        init?(_ json: JSONValue?) {
            guard let object = json?.object, let kind = object["Node Type"]?.string else { return nil }
            self.kind = kind
            table = object["Relation Name"]?.string
            index = object["Index Name"]?.string
            rows = object["Plan Rows"]?.double ?? 0
            hasIndexCondition = object["Index Cond"] != nil
            isSifted = object["Filter"] != nil
            children = (object["Plans"]?.array ?? []).compactMap { Node($0) }
        }
    }

    /// A way in which a plan gets slower as a table grows.
    enum Fault: Hashable, CustomStringConvertible {
        case readsWholeTable(String)
        case readsWholeIndex(String)
        case sorts
        case cost

        var description: String {
            switch self {
            case .readsWholeTable(let table): "reads the whole table \(table)"
            case .readsWholeIndex(let index): "reads the whole index \(index)"
            case .sorts: "sorts more than \(QueryPlan.sortedRowsMax) rows"
            case .cost: "costs more than \(QueryPlan.costMax)"
            }
        }
    }

    /// Rows that may be sorted: a page, or what belongs to one account.
    static let sortedRowsMax = 500.0
    /// In the planner's units, of which a look-up of one row by an index takes about eight.
    static let costMax = 1500.0

    let root: Node
    let cost: Double

    init?(explained text: String) {
        guard let json = try? JSONValue.parse(Array(text.utf8), limits: JSONLimits(depthMax: 200)),
            let plan = json.array?.first?.object?["Plan"], let root = Node(plan)
        else { return nil }
        self.root = root
        cost = plan.object?["Total Cost"]?.double ?? .infinity
    }

    /// - Parameter smallTables: those that may be read as a whole.
    func faults(smallTables: Set<String>) -> Set<Fault> {
        var faults: Set<Fault> = cost > Self.costMax ? [.cost] : []
        collect(root, isLimited: false, smallTables, &faults)
        return faults
    }

    private func collect(_ node: Node, isLimited: Bool, _ smallTables: Set<String>, _ faults: inout Set<Fault>) {
        // The server's own catalogue is no table of ours.
        let isSmall = node.table.map { smallTables.contains($0) || $0.hasPrefix("pg_") } ?? false
        if let table = node.table, node.kind.hasSuffix("Seq Scan"), !isSmall { faults.insert(.readsWholeTable(table)) }
        // Without a condition an index gives all rows in its order, which is right for the first few.
        if let index = node.index, !node.hasIndexCondition, !isLimited || node.isSifted, !isSmall {
            faults.insert(.readsWholeIndex(index))
        }
        if node.kind == "Sort", node.children.contains(where: { $0.rows > Self.sortedRowsMax }) {
            faults.insert(.sorts)
        }
        // A limit reaches through what gives row by row, and ends where all rows are needed first.
        let takesAll = ["Sort", "Aggregate", "Hash"].contains(node.kind)
        for child in node.children {
            collect(child, isLimited: node.kind == "Limit" || (isLimited && !takesAll), smallTables, &faults)
        }
    }
}
