using System.Globalization;
using DelphiRunner.Engine.Polling;
using Microsoft.Extensions.Logging;

namespace DelphiRunner.Runner.Configuration.Overrides;

/// <summary>A value from the environment or the command line that replaces that of a key. Each reader reports a value that does not fit.</summary>
internal sealed class Override(string source, string text, ConfigurationFindings findings)
{
    private readonly ConfigurationPlace _place = new(source);

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

    /// <summary>Reads the type of an instance. Deployments may have others than those that the rules know, which are no mistake.</summary>
    public string InstanceSize(string key)
    {
        findings.Found(key, _place);
        var size = InstanceOptions.Sizes.FirstOrDefault(known => known.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? text;
        if (!InstanceOptions.Sizes.Contains(size))
            findings.Notice($"{key} is '{size}', which no rule knows: this host takes what a 'default' one does. Known are {string.Join(", ", InstanceOptions.Sizes)}.");
        return size;
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
