using System.Globalization;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Configuration.Overrides;

/// <summary>A value from the environment or the command line that replaces that of a key. Each reader reports a value that does not fit.</summary>
internal sealed class Override(string source, string text, ConfigurationFindings findings)
{
    private readonly ConfigurationPlace _place = new(source);

    public string Written => text;

    public string Text(string key)
    {
        findings.Found(key, _place);
        return text;
    }

    public int Whole(string key, int least, int most, int otherwise)
    {
        findings.Found(key, _place);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        findings.Report(_place, key, $"It wants a whole number from {least} to {most}, and has '{text}'.");
        return otherwise;
    }

    /// <summary>Reads seconds, which may have a fraction.</summary>
    public TimeSpan Seconds(string key, TimeSpan least, TimeSpan most, TimeSpan otherwise)
    {
        findings.Found(key, _place);
        if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds >= (decimal)least.TotalSeconds && seconds <= (decimal)most.TotalSeconds)
            return TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond));
        findings.Report(
            _place, key, string.Create(CultureInfo.InvariantCulture, $"It wants seconds from {least.TotalSeconds:0.###} to {most.TotalSeconds:0.###}, as a plain number, and has '{text}'."));
        return otherwise;
    }

    public LogLevel Level(string key, LogLevel otherwise)
    {
        findings.Found(key, _place);
        if (LoggingOptions.TryParseLevel(text, out var level))
            return level;
        findings.Report(_place, key, Limits.LogLevelRule(text));
        return otherwise;
    }
}
