using System.Globalization;

namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>Durations and sizes as they are written in YAML: a whole number and a unit, with no space between.</summary>
internal static class Quantities
{
    public const string DurationRule = "A duration is a whole number with a unit: 500ms, 10s, 5m, 1h or 2d.";
    public const string SizeRule = "A size is a whole number with a unit: 256B, 64KiB, 8MiB or 4GiB.";

    // Longest first: 'ms' ends in 's', and every size unit ends in 'B'.
    private static readonly (string Unit, long Ticks)[] DurationUnits =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly (string Unit, long Bytes)[] SizeUnits = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("B", 1)];

    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        var known = TryParse(text, DurationUnits, out var ticks);
        duration = TimeSpan.FromTicks(ticks);
        return known;
    }

    public static bool TryParseSize(string text, out long bytes) => TryParse(text, SizeUnits, out bytes);

    /// <summary>Writes a duration in the greatest unit that needs no fraction.</summary>
    public static string FormatDuration(TimeSpan duration) => Format(duration.Ticks, DurationUnits);

    /// <summary>Writes a size in the greatest unit that needs no fraction.</summary>
    public static string FormatSize(long bytes) => Format(bytes, SizeUnits);

    private static bool TryParse(string text, (string Unit, long Factor)[] units, out long product)
    {
        foreach (var (unit, factor) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;

            product = 0;
            if (!long.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / factor)
                return false;
            product = number * factor;
            return true;
        }

        product = 0;
        return false;
    }

    private static string Format(long product, (string Unit, long Factor)[] units)
    {
        var fitting = units.Where(unit => product != 0 && product % unit.Factor == 0).DefaultIfEmpty(units.MinBy(unit => unit.Factor));
        var (name, factor) = fitting.MaxBy(unit => unit.Factor);
        return string.Create(CultureInfo.InvariantCulture, $"{product / factor}{name}");
    }
}
