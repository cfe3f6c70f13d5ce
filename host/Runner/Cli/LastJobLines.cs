using System.Collections.Concurrent;
using System.Text;

namespace DelphiRunner.Runner.Cli;

/// <summary>Takes the lines of the jobs' logs and keeps the last one of each job, by the eight characters of its id that a line begins with.</summary>
internal sealed class LastJobLines : TextWriter
{
    private const string Prefix = "[DELPHI JOB ";

    private readonly ConcurrentDictionary<string, string> _byJob = new(StringComparer.Ordinal);

    public override Encoding Encoding => Encoding.UTF8;

    public IReadOnlyDictionary<string, string> ByJob => _byJob;

    public override void WriteLine(string? value) => Take(value);

    /// <summary>Takes whole lines.</summary>
    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
    {
        foreach (var line in buffer.Span.EnumerateLines())
        {
            Take(line);
        }

        return Task.CompletedTask;
    }

    public override Task WriteLineAsync(string? value)
    {
        Take(value);
        return Task.CompletedTask;
    }

    private void Take(ReadOnlySpan<char> line)
    {
        if (line.StartsWith(Prefix) && line.IndexOf(']') is > 0 and var end)
        {
            _byJob[line[Prefix.Length..end].ToString()] = line[(end + 1)..].Trim().ToString();
        }
    }
}
