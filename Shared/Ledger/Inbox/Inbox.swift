/// The table `inbox` of a consuming service's schema: which events have taken effect here, and which were put aside.
///
/// An event's row is written in the transaction of its effect, so that a second delivery finds it and changes nothing.
package enum Inbox {
    /// For the service's list of migrations.
    package static let migrationSQL = """
        CREATE TABLE inbox (
            event uuid PRIMARY KEY,
            topic text NOT NULL,
            version bigint NOT NULL,
            key text NOT NULL,
            state text NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'dead')),
            -- Why it was put aside, for an operator.
            reason text,
            received_at timestamptz NOT NULL DEFAULT now(),
            CHECK ((state = 'dead') = (reason IS NOT NULL))
        );
        CREATE INDEX inbox_received ON inbox (received_at);
        CREATE INDEX inbox_dead ON inbox (received_at) WHERE state = 'dead';
        """
}
