namespace DelphiRunner.Engine.Execution.Output;

/// <summary>Keeps the last lines, bounded in number and in size.</summary>
internal sealed class LastLines(int maxLines)
{
    /// <summary>The most characters that are kept: 4 MiB in memory.</summary>
    public const int MaxCharacters = 2 * 1024 * 1024;

    private readonly Queue<string> _lines = new();
    private long _characters;

    public void Add(string line)
    {
        _lines.Enqueue(line);
        _characters += line.Length;
        while (_lines.Count > maxLines || (_characters > MaxCharacters && _lines.Count > 1))
            _characters -= _lines.Dequeue().Length;
    }

    public IReadOnlyList<string> ToList() => [.. _lines];
}
