namespace DelphiRunner.Runner.Configuration;

/// <summary>What reading the configuration has found so far: problems, notices, and where each value comes from.</summary>
internal sealed class ConfigurationFindings
{
    private readonly List<ConfigurationProblem> _problems = [];
    private readonly List<string> _notices = [];
    private readonly Dictionary<string, ConfigurationPlace> _places = new(StringComparer.Ordinal);

    /// <summary>Things that an operator should know, but that prevent nothing.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>The place of each value that is not a default, by the path of its key.</summary>
    public IReadOnlyDictionary<string, ConfigurationPlace> Places => _places;

    /// <summary>Remembers that a key's value comes from a place, instead of from any place before.</summary>
    public void Found(string key, ConfigurationPlace place) => _places[key] = place;

    public void Report(ConfigurationPlace place, string key, string message) => _problems.Add(new ConfigurationProblem(place, key, message));

    /// <summary>Reports a problem at the place of a key's value; a value that has none is a default and right.</summary>
    public void ReportAt(string key, string message)
    {
        if (_places.TryGetValue(key, out var place))
            Report(place, key, message);
    }

    public void Notice(string message) => _notices.Add(message);

    /// <exception cref="ConfigurationException">There is at least one problem.</exception>
    public void ThrowIfAny()
    {
        // Stable: problems of one place, and those without a line, stay in the order of their finding.
        if (_problems.Count > 0)
            throw new ConfigurationException([.. _problems.OrderBy(problem => problem.Place.Line ?? long.MaxValue).ThenBy(problem => problem.Place.Column)]);
    }
}
