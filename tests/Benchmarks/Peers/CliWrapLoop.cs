using CliWrap;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Benchmarks.Peers;

/// <summary>The same commands started by CliWrap alone, so many at once: what a subprocess costs without any queue.</summary>
/// <param name="orphans">Whom this process adopts, or null where the system does not show it.</param>
internal sealed class CliWrapLoop(AdoptedOrphans? orphans)
{
    /// <summary>Runs the command once.</summary>
    public async Task RunOneAsync(IReadOnlyList<string> commandLine, CancellationToken stoppingToken) =>
        await Cli.Wrap(commandLine[0]).WithArguments(commandLine.Skip(1)).ExecuteAsync(stoppingToken);

    /// <summary>Runs the command again and again.</summary>
    /// <param name="commandLine">The program and its arguments, prefix programs included.</param>
    /// <param name="runs">How often in all.</param>
    /// <param name="parallelism">How many at once.</param>
    /// <param name="stoppingToken">Ends the loop.</param>
    public async Task<Spent> RunAsync(IReadOnlyList<string> commandLine, int runs, int parallelism, CancellationToken stoppingToken)
    {
        var command = Cli.Wrap(commandLine[0]).WithArguments(commandLine.Skip(1));
        var children = ProcessUsage.ProcessorTimeOfChildren();
        var spent = await Spent.ByAsync(() => Parallel.ForAsync(
            0,
            runs,
            new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = stoppingToken },
            async (_, token) => await command.ExecuteAsync(token)));
        // The inits of namespaces end behind their parents and become this process's children: otherwise the host, which is measured next, would
        // have to collect them all.
        while (orphans?.Look().Count > 0)
            await Task.Yield();
        return spent with { Children = ProcessUsage.ProcessorTimeOfChildren() - children };
    }
}
