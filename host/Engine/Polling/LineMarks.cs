using System.Buffers;
using System.Text.RegularExpressions;

namespace DelphiRunner.Engine.Polling;

/// <summary>What marks a line of a job's log: the patterns that give a line of output its level, and the texts that readers look for.</summary>
/// <remarks>Patterns are matched in a time that grows with the line and nothing else: no line can hold up the child that writes it.</remarks>
internal sealed class LineMarks
{
    private readonly IReadOnlyList<string> _keepLines;
    private readonly (string Level, Regex[] Patterns)[] _levels;

    // Texts of which a line that matches any pattern holds one; null when a pattern matches without.
    private readonly SearchValues<string>? _hints;

    /// <param name="keepLines">Texts that mark a line which is never left out.</param>
    /// <param name="levels">The levels and their patterns, of which the first that matches counts.</param>
    /// <exception cref="ArgumentException">A pattern is none.</exception>
    public LineMarks(IReadOnlyList<string> keepLines, params IReadOnlyList<(string Level, IReadOnlyList<string> Patterns)> levels)
    {
        _keepLines = keepLines;
        _levels = [.. levels.Select(level => (level.Level, level.Patterns.Select(Compile).ToArray()))];
        var hints = levels.SelectMany(level => level.Patterns).Select(PatternLiterals.Of).ToList();
        _hints = hints.Contains(null) ? null : SearchValues.Create([.. hints.SelectMany(texts => texts!)], StringComparison.Ordinal); // None is null.
    }

    /// <summary>
    /// Texts with which lines of the host begin that are never left out either. Output cannot imitate them, since its lines begin with where they come from.
    /// Default: none.
    /// </summary>
    public IReadOnlyList<string> KeptBeginnings { get; init; } = [];

    /// <summary>Nothing is marked.</summary>
    public static LineMarks None { get; } = new([]);

    /// <summary>Finds what is wrong with a pattern.</summary>
    /// <returns>A sentence, or null for a pattern that can be used.</returns>
    public static string? Fault(string pattern)
    {
        try
        {
            Compile(pattern);
            return null;
        }
        catch (NotSupportedException)
        {
            return $"'{pattern}' needs backtracking, with which a line could hold up the job. Write it without lookarounds, backreferences, atomic groups and large counts.";
        }
        catch (ArgumentException exception)
        {
            return $"'{pattern}' is no regular expression: {exception.Message}";
        }
    }

    /// <summary>The level that the text of a line of output shows.</summary>
    public string LevelOf(ReadOnlySpan<char> text)
    {
        if (_hints is not null && !text.ContainsAny(_hints))
        {
            return JobLog.Information;
        }

        foreach (var (level, patterns) in _levels)
        {
            foreach (var pattern in patterns)
            {
                if (pattern.IsMatch(text))
                {
                    return level;
                }
            }
        }

        return JobLog.Information;
    }

    /// <summary>The text for which readers look in a line; null when it is an ordinary one.</summary>
    public string? KeptFor(ReadOnlySpan<char> line)
    {
        foreach (var text in _keepLines)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return text;
            }
        }

        foreach (var beginning in KeptBeginnings)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return beginning;
            }
        }

        return null;
    }

    private static Regex Compile(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
