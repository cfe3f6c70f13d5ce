using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests;

/// <summary>Short ways to write rows in tests.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    public static JobRow Row(string id, string? status, params (string Name, RowValue Value)[] others)
    {
        var attributes = new Dictionary<string, RowValue> { [JobAttributes.JobId] = RowValue.OfText(id) };
        if (status is not null)
        {
            attributes[JobAttributes.Status] = RowValue.OfText(status);
        }

        foreach (var (name, value) in others)
        {
            attributes[name] = value;
        }

        return new JobRow(attributes);
    }

    public static (string Name, RowValue Value) S(string name, string text) => (name, RowValue.OfText(text));

    public static (string Name, RowValue Value) N(string name, long number) => (name, RowValue.OfNumber(number));

    public static (string Name, RowValue Value) At(string name, DateTimeOffset time) => (name, RowValue.OfText(RowTime.Format(time)));
}
