using DelphiRunner.Runner.Configuration;

namespace DelphiRunner.Runner.Tests;

/// <summary>The host's own log on standard error.</summary>
[NonParallelizable]
public sealed class HostLogTests
{
    [Test]
    public async Task What_a_row_holds_forges_no_line_and_steers_no_terminal()
    {
        var before = Console.Error;
        await using var written = new StringWriter();
        Console.SetError(written);
        try
        {
            await using var logger = RunnerHost.LoggerFor(new LoggingOptions());
            logger.Information("Job {JobId} ended", "a\n2026-11-24 04:00:00.000 FTL forged\u001b[31m");
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.That(written.ToString().Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(written.ToString(), Does.Contain("Job a\uFFFD2026-11-24 04:00:00.000 FTL forged\uFFFD[31m ended"));
    }
}
