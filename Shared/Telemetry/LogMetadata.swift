internal import Logging

/// The metadata of one record: the handler's, its provider's and the record's, later ones before earlier.
func merged(
    _ base: Logger.Metadata, _ provider: Logger.MetadataProvider?, _ event: LogEvent
) -> [(key: String, value: Logger.Metadata.Value)] {
    var all = base
    if let provided = provider?.get() { all.merge(provided) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    if let error = event.error { all["error"] = .string(String(describing: error)) }
    // Sorted, so that equal records print equal lines.
    return all.sorted { $0.key < $1.key }
}
