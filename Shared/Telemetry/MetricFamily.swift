/// One instrument of a family, by kind.
enum MetricInstrument: Sendable {
    case counter(CountInstrument)
    case fractionCounter(GaugeInstrument)
    case gauge(GaugeInstrument)
    case duration(DurationInstrument)
    case sum(SumInstrument)
    /// Numbers that somebody else keeps, read at each scrape.
    case readCounter(@Sendable () -> Double)
    case readGauge(@Sendable () -> Double)

    var typeName: String {
        switch self {
        case .counter, .fractionCounter, .readCounter: "counter"
        case .gauge, .readGauge: "gauge"
        case .duration: "histogram"
        case .sum: "summary"
        }
    }
}

/// All series of one name.
struct MetricFamily: Sendable {
    var help: String?
    var series: [MetricLabels: MetricInstrument] = [:]

    func render(as name: String, into text: inout String) {
        guard let kind = series.first?.value.typeName else { return }
        if let help {
            let line = help.split(separator: "\n").joined(separator: " ").split(separator: "\\").joined(separator: "/")
            text += "# HELP \(name) \(line)\n"
        }
        text += "# TYPE \(name) \(kind)\n"
        let sorted = series.map { (labels: $0.key, rendered: $0.key.rendered(), instrument: $0.value) }
            .sorted { $0.rendered < $1.rendered }
        for (labels, rendered, instrument) in sorted {
            switch instrument {
            case .counter(let counter):
                text += "\(name)\(rendered) \(counter.value)\n"
            case .fractionCounter(let number), .gauge(let number):
                text += "\(name)\(rendered) \(MetricName.number(number.value))\n"
            case .readCounter(let read), .readGauge(let read):
                text += "\(name)\(rendered) \(MetricName.number(read()))\n"
            case .sum(let sum):
                let (count, total) = sum.value
                text += "\(name)_sum\(rendered) \(MetricName.number(total))\n\(name)_count\(rendered) \(count)\n"
            case .duration(let duration):
                Self.render(duration, as: name, labels, into: &text)
            }
        }
    }

    private static func render(
        _ duration: DurationInstrument, as name: String, _ labels: MetricLabels, into text: inout String
    ) {
        let (counts, seconds) = duration.value
        var total: Int64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let isLast = index == DurationInstrument.bounds.count
            let bound = isLast ? "+Inf" : MetricName.number(Double(DurationInstrument.bounds[index]) / 1e9)
            text += "\(name)_bucket\(labels.rendered("le=\"\(bound)\"")) \(total)\n"
        }
        // The count is the last bucket, never a number read at another moment: scrapers check that they agree.
        text += "\(name)_sum\(labels.rendered()) \(MetricName.number(seconds))\n"
        text += "\(name)_count\(labels.rendered()) \(total)\n"
    }
}
