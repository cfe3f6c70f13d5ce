namespace DelphiRunner.EndToEnd.Tests.DelphiJobs.Expected;

/// <summary>Rows that are over, that somebody else holds, or that are no jobs: nothing is started, and not one byte of them changes.</summary>
internal static class UntouchedRows
{
    public static IReadOnlyList<RowExpectation> All { get; } =
    [
        // Withdrawn by the server before anybody took it.
        new("08-ts-withdrawn-admission"),
        // Failed by the script itself; its worker died before it could write an end, so the lock is over and the version unchanged.
        new("17-801-parent-failed-no-api-key"),
        // A parent whose batch still runs at the provider.
        new("18-parent-completed-checker-live"),
        // Ended by the checking script, without a new version and with the old lock.
        new("20-803-parent-completed-partial"),
        new("21-803-parent-failed-results"),
        // Another worker runs it: its lock is in the future.
        new("24-processing-live-lock"),
        new("27-completed-2026"),
        // Its process may live still: only a person can confirm the exit.
        new("28-failed-exit-not-confirmed"),
        new("29-completed-may-2025-results"),
        // Failed by an administrator's script, the lock left behind.
        new("31-admin-reset-failed"),
        // Not a job: a log write that recreated a deleted row. It has no status.
        new("33-ghost-row-logs-only"),
        // A status that no program writes, set by hand.
        new("52-status-cancelled"),
        // Colours, emoji and an entry without a time in its log.
        new("59-unicode-and-ansi-logs"),
        new("63-parent-of-23"),
    ];
}
