package import CoreMetrics
internal import Synchronization

/// A process's metrics: makes swift-metrics' instruments and prints them for a Prometheus scrape.
///
/// Resolve an instrument once and keep it: resolving takes a lock, using it does not. A name belongs to one kind, and
/// the number of its series is bounded (`TelemetryLimits`); what does not fit is counted in
/// `telemetry_metrics_refused_total`.
package final class PrometheusRegistry: MetricsFactory {
    private let families = Mutex<[String: MetricFamily]>([:])
    private let refused = CountInstrument()
    private let includesProcess: Bool

    /// - Parameter includesProcess: also print the process's memory, time and descriptors.
    package init(includesProcess: Bool = true) {
        self.includesProcess = includesProcess
    }

    /// Sets a family's help text.
    package func describe(_ name: String, _ help: String) {
        let name = MetricName.metric(name)
        families.withLock { families in
            var family = families[name] ?? MetricFamily()
            family.help = help
            families[name] = family
        }
    }

    /// A number that somebody else keeps, which only grows: read at each scrape, on the thread that scrapes.
    package func readCounter(
        _ name: String, _ dimensions: [(String, String)] = [], _ read: @escaping @Sendable () -> Double
    ) {
        add(.readCounter(read), MetricName.metric(name), MetricLabels(dimensions))
    }

    /// The same for a number that goes up and down.
    package func readGauge(
        _ name: String, _ dimensions: [(String, String)] = [], _ read: @escaping @Sendable () -> Double
    ) {
        add(.readGauge(read), MetricName.metric(name), MetricLabels(dimensions))
    }

    private func add(_ instrument: MetricInstrument, _ name: String, _ labels: MetricLabels) {
        let isTaken = families.withLock { families in
            var family = families[name] ?? MetricFamily()
            let isOther = family.series.first.map { $0.value.typeName != instrument.typeName } ?? false
            guard !isOther, families[name] != nil || families.count < TelemetryLimits.familiesMax,
                family.series[labels] != nil || family.series.count < TelemetryLimits.seriesPerFamilyMax
            else { return false }
            family.series[labels] = instrument
            families[name] = family
            return true
        }
        if !isTaken { refused.increment(by: 1) }
    }

    /// All metrics in Prometheus' text format 0.0.4 (`text/plain; version=0.0.4`).
    package func render() -> [UInt8] {
        var text = ""
        for (name, family) in families.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            family.render(as: name, into: &text)
        }
        text += "# TYPE telemetry_metrics_refused_total counter\n"
        text += "telemetry_metrics_refused_total \(refused.value)\n"
        if includesProcess { ProcessFacts.read().render(into: &text) }
        return Array(text.utf8)
    }

    private func resolve<Instrument: Sendable>(
        _ name: String, _ dimensions: [(String, String)], make: () -> (Instrument, MetricInstrument),
        match: (MetricInstrument) -> Instrument?
    ) -> Instrument {
        let labels = MetricLabels(dimensions)
        return families.withLock { families in
            if families[name] == nil, families.count >= TelemetryLimits.familiesMax {
                refused.increment(by: 1)
                return make().0
            }
            var family = families[name] ?? MetricFamily()
            defer { families[name] = family }
            // The kind of a family is that of its first series; what is read may stand beside what is counted here.
            if let first = family.series.first?.value, match(first) == nil, make().1.typeName != first.typeName {
                refused.increment(by: 1)
                return make().0
            }
            var key = labels
            if family.series[key] == nil, family.series.count >= TelemetryLimits.seriesPerFamilyMax {
                refused.increment(by: 1)
                key = .overflow
            }
            if let known = family.series[key] {
                if let instrument = match(known) { return instrument }
                refused.increment(by: 1)
                return make().0
            }
            let (instrument, entry) = make()
            family.series[key] = entry
            return instrument
        }
    }
}

extension PrometheusRegistry {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    func counter(_ label: String, _ dimensions: [(String, String)]) -> CountInstrument {
        resolve(MetricName.metric(label), dimensions) {
            let made = CountInstrument()
            return (made, .counter(made))
        } match: {
            if case .counter(let known) = $0 { known } else { nil }
        }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        resolve(MetricName.metric(label), dimensions) {
            let made = GaugeInstrument()
            return (made, .fractionCounter(made))
        } match: {
            if case .fractionCounter(let known) = $0 { known } else { nil }
        }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        return resolve(MetricName.metric(label), dimensions) {
            let made = SumInstrument()
            return (made, .sum(made))
        } match: {
            if case .sum(let known) = $0 { known } else { nil }
        }
    }

    /// A histogram in seconds; the name gets the unit where it lacks it.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        duration(label, dimensions)
    }

    func duration(_ label: String, _ dimensions: [(String, String)]) -> DurationInstrument {
        let name = MetricName.metric(label)
        return resolve(name.hasSuffix("_seconds") ? name : name + "_seconds", dimensions) {
            let made = DurationInstrument()
            return (made, .duration(made))
        } match: {
            if case .duration(let known) = $0 { known } else { nil }
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeInstrument {
        resolve(MetricName.metric(label), dimensions) {
            let made = GaugeInstrument()
            return (made, .gauge(made))
        } match: {
            if case .gauge(let known) = $0 { known } else { nil }
        }
    }

    // A series stays until the process ends: a count that starts again at zero would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
