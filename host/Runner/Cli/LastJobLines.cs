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

    public override void WriteLine(string? value)
    {
        if (value is not null && value.StartsWith(Prefix, StringComparison.Ordinal) && value.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
        {
            _byJob[value[Prefix.Length..end]] = value[(end + 1)..].Trim();
        }
    }

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }
}
