using System.Collections.Frozen;
using System.Globalization;

namespace DelphiRunner.Engine.Stores.Rows;

/// <summary>A row of the queue as it is stored: every attribute with its own type, and lenient readers for those that the host uses.</summary>
/// <remarks>Empty text, a null and a missing attribute are the same for the readers. No reader throws, whatever other writers stored.</remarks>
internal sealed class JobRow(IReadOnlyDictionary<string, RowValue> attributes)
{
    public IReadOnlyDictionary<string, RowValue> Attributes { get; } = attributes;

    public string Id => Text(JobAttributes.JobId) ?? "";

    public string? Status => Text(JobAttributes.Status);

    public string? JobType => Text(JobAttributes.JobType);

    public string? ConversationId => Text(JobAttributes.ConversationId);

    public string? ReportId => Text(JobAttributes.ReportId);

    public string? WorkerId => Text(JobAttributes.WorkerId) is { } id && id != "none" ? id : null;

    public string? ClaimId => Text(JobAttributes.ClaimId);

    public string? LockText => Text(JobAttributes.LockExpiresAt);

    public string? CancelRequested => Text(JobAttributes.CancelRequested);

    /// <summary>The priority, higher first; 50 where the row has none.</summary>
    public long Priority => Whole(JobAttributes.Priority) ?? 50;

    public DateTimeOffset? CreatedAt => Time(JobAttributes.CreatedAt);

    public DateTimeOffset? UpdatedAt => Time(JobAttributes.UpdatedAt);

    public DateTimeOffset? StartedAt => Time(JobAttributes.StartedAt);

    public DateTimeOffset? NotBefore => Time(JobAttributes.NotBefore);

    /// <summary>
    /// The attempts begun. A row that a foreign poller began has no <c>attempt</c>; the greater of its <c>retry_count</c> and, if it was
    /// ever started, one attempt counts instead.
    /// </summary>
    public int Attempt =>
        (int)Math.Clamp(
            Whole(JobAttributes.Attempt) ?? (StartedAt is null ? 0 : 1) + Math.Max(0, Whole(JobAttributes.RetryCount) ?? 0), 0, int.MaxValue);

    public int Rechecks => (int)Math.Clamp(Whole(JobAttributes.Rechecks) ?? 0, 0, int.MaxValue);

    /// <summary>The stored version, compared raw by a claim; null where the row has none.</summary>
    public RowValue? RawVersion => Raw(JobAttributes.Version);

    public RowValue? RawStatus => Raw(JobAttributes.Status);

    public RowValue? Raw(string name) => Attributes.TryGetValue(name, out var value) ? value : null;

    /// <summary>The attribute's text or number text, if there is at least one character of it.</summary>
    public string? Text(string name) =>
        Attributes.TryGetValue(name, out var value) && value.Kind is RowValueKind.S or RowValueKind.N && value.Text.Length > 0 ? value.Text : null;

    /// <summary>The attribute as a whole number; a text of digits counts, a fraction is cut.</summary>
    public long? Whole(string name) =>
        decimal.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) <= long.MaxValue
            ? (long)number
            : null;

    public DateTimeOffset? Time(string name) => RowTime.Parse(Text(name));

    /// <summary>The row with some attributes replaced, or removed where the new value is null.</summary>
    public JobRow With(IEnumerable<KeyValuePair<string, RowValue?>> changes)
    {
        var copy = new Dictionary<string, RowValue>(Attributes, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is { } present)
            {
                copy[name] = present;
            }
            else
            {
                copy.Remove(name);
            }
        }

        return new JobRow(copy);
    }
}
