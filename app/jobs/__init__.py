"""Background work: the clock enqueues, the engine runs jobs of the `job` table, tasks enter the tenant and call the domain."""
