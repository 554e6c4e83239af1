package struct NeverCame: Error {}

/// Looks again and again until `condition` holds. Patience is long, since it only decides when a broken test ends.
package func eventually(
    patience: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + patience
    while try await !condition() {
        guard ContinuousClock.now < end else { throw NeverCame() }
        try await Task.sleep(for: .milliseconds(2))
    }
}
