using CliWrap;

namespace DelphiRunner.Benchmarks.Peers;

/// <summary>The same commands started by CliWrap alone, so many at once: what a subprocess costs without any queue.</summary>
internal static class CliWrapLoop
{
    /// <summary>Runs the command again and again.</summary>
    /// <param name="commandLine">The program and its arguments, prefix programs included.</param>
    /// <param name="runs">How often in all.</param>
    /// <param name="parallelism">How many at once.</param>
    /// <param name="stoppingToken">Ends the loop.</param>
    public static Task<Spent> RunAsync(IReadOnlyList<string> commandLine, int runs, int parallelism, CancellationToken stoppingToken)
    {
        var command = Cli.Wrap(commandLine[0]).WithArguments(commandLine.Skip(1));
        return Spent.ByAsync(() => Parallel.ForAsync(
            0,
            runs,
            new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = stoppingToken },
            async (_, token) => await command.ExecuteAsync(token)));
    }
}
