using System.Globalization;
using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>What an attribute has to be after a run.</summary>
internal sealed record ExpectedValue(string Description, Func<StoredValue?, bool> Accepts)
{
    /// <summary>A time in the one form that is written, which Python pollers compare as text.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'";

    public static readonly ExpectedValue Missing = new("not there", value => value is null);

    public static readonly ExpectedValue True = new("BOOL true", value => value == new StoredValue("BOOL", "true"));

    public static readonly ExpectedValue SomeText = new("S of at least one character", value => value is { Kind: "S", Text.Length: > 0 });

    public static readonly ExpectedValue Uuid = new("S with a UUID", value => value?.Kind == "S" && Guid.TryParseExact(value.Text, "D", out _));

    public static readonly ExpectedValue JsonText = new("S with JSON", value => value?.Kind == "S" && IsJson(value.Text));

    /// <summary>A time within the last minutes: written by this run.</summary>
    public static readonly ExpectedValue Now = new(
        $"S with a time of this run in the form {TimeFormat}",
        value => value?.Kind == "S" && TryParseTime(value.Text, out var time) && (DateTimeOffset.UtcNow - time).Duration() < TimeSpan.FromMinutes(5));

    public static ExpectedValue Text(string text) => new($"S '{text}'", value => value == new StoredValue("S", text));

    public static ExpectedValue Number(int number)
    {
        var expected = new StoredValue("N", number.ToString(CultureInfo.InvariantCulture));
        return new ExpectedValue(expected.ToString(), value => value == expected);
    }

    /// <summary>A time later than now by between the two spans.</summary>
    public static ExpectedValue Later(TimeSpan atLeast, TimeSpan atMost) => new(
        $"S with a time from {atLeast} to {atMost} ahead",
        value => value?.Kind == "S" && TryParseTime(value.Text, out var time)
            && time - DateTimeOffset.UtcNow is var ahead && ahead >= atLeast && ahead <= atMost);

    public static bool TryParseTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    public ExpectedValue OrMissing() => new($"{Description}, or not there", value => value is null || Accepts(value));

    private static bool IsJson(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject or JsonArray;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}
