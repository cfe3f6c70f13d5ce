using System.Globalization;
using System.Text.RegularExpressions;

namespace DelphiRunner.Plugins.Delphi.Settings;

/// <summary>Durations as the configuration writes them: <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>, <c>30d</c>.</summary>
internal static partial class DurationText
{
    public static TimeSpan? TryParse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var unit = match.Groups[2].ValueSpan switch
        {
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            _ => TimeSpan.FromDays(1),
        };
        return number <= TimeSpan.MaxValue.Ticks / unit.Ticks ? unit * number : null;
    }

    [GeneratedRegex(@"^([0-9]{1,15})(ms|s|m|h|d)\z")]
    private static partial Regex Pattern();
}
