using System.Globalization;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Tests.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A host that is the first process of a container, to which the system hands everybody's orphans.</summary>
[Platform("Linux")]
public sealed class FirstProcessTests
{
    [Test]
    public async Task What_somebody_else_started_in_the_container_is_left_in_doubt_and_not_killed()
    {
        Assume.That(Environment.IsPrivilegedProcess, Is.True, "A container of our own needs root.");
        var duration = $"305.{Environment.ProcessId}";
        using var container = StoreProcess.StartUnder(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"], "prove", "session", "sleep", "300");
        await container.ReadLineAsync();
        var host = ProcessStat.FindChildren(container.Id)[0];
        using var enters = StoreProcess.StartCommand(
            "nsenter", "-t", host.ToString(CultureInfo.InvariantCulture), "-p", "-m", "sh", "-c", $"env -i setsid sleep {duration} >/dev/null 2>&1 </dev/null & echo started");
        await enters.ReadToEndAsync();
        await Eventually.BecomesTrueAsync(() => Survivors.With(duration).Any(process => process.Split(' ', 2)[1].StartsWith("sleep ", StringComparison.Ordinal)));

        await container.WriteLineAsync("end");
        var proof = await container.ReadLineAsync();

        // What was killed is no longer in doubt. With the host ends the container, and all in it.
        Assert.That(proof, Does.StartWith("unconfirmed: ").And.Contains("1 processes without a mark"));
    }
}
