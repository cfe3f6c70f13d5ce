using Hangfire;
using Hangfire.InMemory;
using Hangfire.States;

namespace DelphiRunner.Benchmarks.Peers;

/// <summary>The same number of empty jobs, drained by Hangfire from its store in memory, which keeps nothing.</summary>
internal static class HangfireDrain
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2);

    /// <summary>Enqueues the jobs; then measured: starts a server, and waits until it has recorded all of them as succeeded.</summary>
    public static async Task<Spent> RunAsync(int jobs, int workers, CancellationToken stoppingToken)
    {
        using var storage = new InMemoryStorage();
        var client = new BackgroundJobClient(storage);
        for (var i = 0; i < jobs; i++)
        {
            client.Create(() => DoNothing(), new EnqueuedState());
        }

        BackgroundJobServer? server = null;
        try
        {
            return await Spent.ByAsync(() =>
            {
                server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = workers }, storage);
                return WaitAsync(storage.GetMonitoringApi(), jobs, stoppingToken);
            });
        }
        finally
        {
            server?.Dispose();
        }
    }

    /// <summary>The job; Hangfire calls public methods only.</summary>
    public static void DoNothing()
    {
    }

    private static async Task WaitAsync(Hangfire.Storage.IMonitoringApi monitoring, int jobs, CancellationToken stoppingToken)
    {
        while (monitoring.GetStatistics().Succeeded < jobs)
        {
            await Task.Delay(LookEvery, stoppingToken);
        }
    }
}
