namespace DelphiRunner.Runner.Configuration;

/// <summary>Where a value of the configuration was written: a file with line and column, an environment variable or an option.</summary>
/// <param name="Source">The file's path, <c>environment variable NAME</c> or <c>option --name</c>.</param>
/// <param name="Line">The line from 1; null outside files.</param>
/// <param name="Column">The column from 1; null outside files.</param>
internal sealed record ConfigurationPlace(string Source, long? Line = null, long? Column = null)
{
    public override string ToString() => Line is null ? Source : $"{Source}:{Line}:{Column}";
}

/// <summary>One thing that is wrong with the configuration.</summary>
/// <param name="Place">Where it was written.</param>
/// <param name="Key">The path of the key, for instance <c>job_types.FULL_PIPELINE.slots</c>; empty for the whole source.</param>
/// <param name="Message">The value seen, the rule, and what to do.</param>
internal sealed record ConfigurationProblem(ConfigurationPlace Place, string Key, string Message)
{
    public override string ToString() => Key.Length == 0 ? $"{Place}: {Message}" : $"{Place}: {Key}: {Message}";
}

/// <summary>The configuration cannot be used. Carries all that is wrong with it, in the order in which it is written.</summary>
internal sealed class ConfigurationException(IReadOnlyList<ConfigurationProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public ConfigurationException(ConfigurationPlace place, string key, string message)
        : this([new ConfigurationProblem(place, key, message)])
    {
    }

    /// <summary>At least one problem.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; } = problems;
}
