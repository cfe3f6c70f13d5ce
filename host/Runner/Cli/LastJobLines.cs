using System.Collections.Concurrent;
using System.Text;
using DelphiRunner.Engine.Polling;

namespace DelphiRunner.Runner.Cli;

/// <summary>Takes the lines of the jobs' logs and keeps the last one of each job, by the eight characters of its id that a line begins with.</summary>
internal sealed class LastJobLines : WriteOnlyStream
{
    private const string Prefix = "[DELPHI JOB ";

    private readonly ConcurrentDictionary<string, string> _byJob = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, string> ByJob => _byJob;

    /// <summary>Takes whole lines, in UTF-8.</summary>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        foreach (var line in Encoding.UTF8.GetString(buffer).AsSpan().EnumerateLines())
        {
            Take(line);
        }
    }

    private void Take(ReadOnlySpan<char> line)
    {
        if (line.StartsWith(Prefix) && line.IndexOf(']') is > 0 and var end)
        {
            _byJob[line[Prefix.Length..end].ToString()] = line[(end + 1)..].Trim().ToString();
        }
    }
}
