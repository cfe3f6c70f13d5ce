using CliWrap;

namespace DelphiRunner.Benchmarks.Peers;

/// <summary>The same bytes through a pipe to a file by <c>cat</c>, which neither masks nor cuts: what a pipe and a disk cost.</summary>
internal static class CatLoop
{
    /// <summary>Writes the files, one after the other, through a pipe to another.</summary>
    public static Task<Spent> RunAsync(IReadOnlyList<string> files, string target, CancellationToken stoppingToken)
    {
        var command = Cli.Wrap("/bin/sh").WithArguments(["-c", "target=$1; shift; cat \"$@\" | cat > \"$target\"", "sh", target, .. files]);
        return Spent.ByAsync(async () => await command.ExecuteAsync(stoppingToken));
    }
}
