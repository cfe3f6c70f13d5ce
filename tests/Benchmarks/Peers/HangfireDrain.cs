using System.Diagnostics;
using Hangfire;
using Hangfire.InMemory;
using Hangfire.States;

namespace DelphiRunner.Benchmarks.Peers;

/// <summary>The same number of empty jobs, drained by Hangfire from its store in memory, which keeps nothing.</summary>
internal static class HangfireDrain
{
    /// <summary>Enqueues the jobs, then starts a server and waits until it has recorded all of them as succeeded.</summary>
    /// <returns>The time from the start of the server on.</returns>
    public static TimeSpan Run(int jobs, int workers, CancellationToken stoppingToken)
    {
        using var storage = new InMemoryStorage();
        var client = new BackgroundJobClient(storage);
        for (var i = 0; i < jobs; i++)
        {
            client.Create(() => DoNothing(), new EnqueuedState());
        }

        var monitoring = storage.GetMonitoringApi();
        var start = Stopwatch.GetTimestamp();
        using var server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = workers }, storage);
        while (monitoring.GetStatistics().Succeeded < jobs)
        {
            stoppingToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(2));
            stoppingToken.ThrowIfCancellationRequested();
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>The job; Hangfire calls public methods only.</summary>
    public static void DoNothing()
    {
    }
}
