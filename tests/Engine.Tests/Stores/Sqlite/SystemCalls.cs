using System.Globalization;
using System.Text.RegularExpressions;

namespace DelphiRunner.Engine.Tests.Stores.Sqlite;

/// <summary>What a store's process asks of the system, in the order in which it happens: each call twice, where it begins and where it ends.</summary>
internal static partial class SystemCalls
{
    /// <summary>Runs the store's program under strace to its end.</summary>
    /// <param name="file">Where the trace goes.</param>
    /// <param name="fault">What strace is to inject, or nothing.</param>
    /// <param name="arguments">Of the store's program.</param>
    /// <returns>The calls, and the code with which the program ended.</returns>
    public static async Task<(List<SystemCall> Calls, int ExitCode)> OfAsync(string file, string fault, params IEnumerable<string> arguments)
    {
        Assume.That(File.Exists("/usr/bin/strace"), "Following syncs needs 'strace' (package strace).");
        string[] inject = fault.Length == 0 ? [] : ["-e", $"inject={fault}"];
        string[] strace = ["strace", "-f", "-y", "-qq", "-e", "trace=pwrite64,fsync,fdatasync,write", .. inject, "-e", "signal=none", "-s", "200", "-o", file];
        using var process = StoreProcess.StartUnder(strace, arguments);
        await process.ReadToEndAsync();
        var exitCode = await process.WaitForExitAsync();
        return (Read(await File.ReadAllLinesAsync(file)), exitCode);
    }

    private static List<SystemCall> Read(IEnumerable<string> lines)
    {
        var calls = new List<SystemCall>();
        var open = new Dictionary<string, SystemCall>();
        foreach (var line in lines)
        {
            if (Beginning().Match(line) is { Success: true } begun)
            {
                var (beginning, end) = Pair(begun, line);
                calls.Add(beginning);
                if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                {
                    open[begun.Groups["thread"].Value] = end;
                }
                else
                {
                    calls.Add(Ended(end, line));
                }
            }
            else if (Resumption().Match(line) is { Success: true } resumed && open.Remove(resumed.Groups["thread"].Value, out var ending))
            {
                calls.Add(Ended(ending, line));
            }
        }

        return calls;
    }

    private static (SystemCall Beginning, SystemCall End) Pair(Match begun, string line)
    {
        var numbers = Position().Match(line);
        var end = new SystemCall
        {
            Name = begun.Groups["name"].Value,
            Path = begun.Groups["path"].Value,
            IsEnd = true,
            Length = numbers.Success ? long.Parse(numbers.Groups["length"].Value, CultureInfo.InvariantCulture) : 0,
            Offset = numbers.Success ? long.Parse(numbers.Groups["offset"].Value, CultureInfo.InvariantCulture) : 0,
            Line = Text().Match(line).Groups["text"].Value.Split(' '),
        };
        return (end with { IsEnd = false, Pair = end }, end);
    }

    private static SystemCall Ended(SystemCall end, string line)
    {
        end.HasFailed = line.Contains("= -1 ", StringComparison.Ordinal);
        return end;
    }

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\(\d+<(?<path>[^>]*)>")]
    private static partial Regex Beginning();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. \w+ resumed>")]
    private static partial Regex Resumption();

    [GeneratedRegex(@", (?<length>\d+), (?<offset>\d+)( <unfinished \.\.\.>|\) += )")]
    private static partial Regex Position();

    [GeneratedRegex(@"""(?<text>(created|claimed|settled|finished|refused|ready)[^""]*?)(\\n)?""")]
    private static partial Regex Text();
}

/// <summary>The beginning or the end of a call.</summary>
internal sealed record SystemCall
{
    public required string Name { get; init; }

    /// <summary>The file that it is about.</summary>
    public required string Path { get; init; }

    public required bool IsEnd { get; init; }

    public required long Length { get; init; }

    public required long Offset { get; init; }

    /// <summary>The words of a line that it writes to standard output.</summary>
    public required string[] Line { get; init; }

    /// <summary>The end that belongs to a beginning.</summary>
    public SystemCall? Pair { get; init; }

    /// <summary>For a sync: how much of the log had been written when it began.</summary>
    public long Covered { get; set; }

    public bool HasFailed { get; set; }
}
