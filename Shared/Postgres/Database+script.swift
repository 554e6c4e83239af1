extension Database {
    /// Runs statements outside any transaction, such as `CREATE DATABASE`, on a leased connection.
    ///
    /// For administration and tests. As with `Transaction.run(script:name:)`, the text is the program's own.
    package func run(script: String, name: String) async throws(PostgresFailure) {
        let lease = try await lease()
        let request = Request(.script(name: name, sql: script))
        let answer = await request.answer.wait { driver.post(.leased(id, lease, request)) }
        driver.post(.release(id, lease))
        _ = try answer.get()
    }
}
