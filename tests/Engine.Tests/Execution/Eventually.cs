using System.Diagnostics;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>Observes another process, which sends no signal to wait on.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task BecomesTrueAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.That(waited.Elapsed, Is.LessThan(Deadline), "the condition did not become true in time");
            await Task.Delay(10);
        }
    }
}
