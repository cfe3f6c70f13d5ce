using System.Globalization;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli.Jobs;

/// <summary>Who holds a row, or when it can be taken, as an operator wants to know it.</summary>
/// <param name="State">
/// One of <c>held</c>, <c>lock_expired</c>, <c>no_lock</c> and <c>unreadable_lock</c> for rows that are processing, <c>waiting</c> and <c>due</c>
/// for rows that can be claimed, <c>ended</c> for terminal ones, <c>unknown</c> for any other status.
/// </param>
/// <param name="Text">The same for a person, with the time until or since.</param>
internal sealed record ClaimSummary(string State, string Text)
{
    public static ClaimSummary Of(JobRow row, DateTimeOffset now) => row.Status switch
    {
        JobStatuses.Processing => OfProcessing(row, now),
        JobStatuses.Pending or JobStatuses.AwaitingRecheck => row.NotBefore is { } due && due > now
            ? new ClaimSummary("waiting", $"due in {Ages.Of(due - now)}")
            : new ClaimSummary("due", "due"),
        JobStatuses.Completed or JobStatuses.Failed => new ClaimSummary("ended", ""),
        _ => new ClaimSummary("unknown", "no runner takes this status"),
    };

    private static ClaimSummary OfProcessing(JobRow row, DateTimeOffset now)
    {
        var holder = $"{row.WorkerId ?? "nobody"}{(ClaimIds.OfHolder(row) is null ? ", not one of ours" : "")}";
        if (row.LockText is not { } text)
            return new ClaimSummary("no_lock", $"held by {holder}, no lock");
        if (RowTime.Parse(text) is not { } until)
            return new ClaimSummary("unreadable_lock", $"held by {holder}, lock '{text}' is no time");
        return until > now
            ? new ClaimSummary("held", $"held by {holder}, lock for {Ages.Of(until - now)}")
            : new ClaimSummary("lock_expired", $"held by {holder}, lock over since {Ages.Of(now - until)}");
    }
}

/// <summary>Spans of time in one unit, for people.</summary>
internal static class Ages
{
    public static string Of(TimeSpan span)
    {
        var (number, unit) = span switch
        {
            _ when span < TimeSpan.Zero => (0, "s"),
            _ when span < TimeSpan.FromMinutes(2) => (span.TotalSeconds, "s"),
            _ when span < TimeSpan.FromHours(2) => (span.TotalMinutes, "m"),
            _ when span < TimeSpan.FromDays(2) => (span.TotalHours, "h"),
            _ => (span.TotalDays, "d"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number):0}{unit}");
    }
}
