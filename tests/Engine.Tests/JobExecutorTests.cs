using DelphiRunner.Contracts;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Tests;

/// <summary>Whatever fails on the way, what a row says of its job's end is true.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class JobExecutorTests : IAsyncDisposable
{
    private readonly ExecutorOnFile _executor = new();

    public ValueTask DisposeAsync() => _executor.DisposeAsync();

    [Test]
    public async Task A_fault_of_the_host_while_the_command_runs_is_told_as_such_with_the_proof_of_its_end()
    {
        _executor.Script = "sleep 300 >/dev/null 2>&1 & echo ready; exit 0";
        _executor.OnLine = line => FailAt("ready", line);
        using var running = await _executor.ClaimAsync();

        await _executor.ExecuteAsync(running);

        var row = await _executor.RowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(row.Status, Is.EqualTo(JobStatuses.Failed));
            Assert.That(row.Text(JobAttributes.ErrorMessage), Does.StartWith("The host failed while the command ran, and ended it: InvalidOperationException: ready"));
            Assert.That(row.Text(JobAttributes.ExitProof), Does.StartWith("group empty after 2 sweeps"));
            Assert.That((string?)(await _executor.LastAttemptAsync())["ended_by"], Is.EqualTo("a fault of the host"));
            Assert.That(_executor.Log.MessageOf("RunFailed"), Does.Contain("'job'").Or.Contain("job job"));
        }
    }

    private static void FailAt(string text, string line)
    {
        if (line.EndsWith($"] {text}", StringComparison.Ordinal))
            throw new InvalidOperationException(text);
    }
}
