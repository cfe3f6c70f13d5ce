using System.Diagnostics;
using System.Runtime.Versioning;
using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine.Tests.Execution;

[Platform("Linux")]
[UnsupportedOSPlatform("windows")]
public sealed class ProcessTreeTests
{
    private const int Depth = 400;
    private const int SmallStack = 128 * 1024;

    [Test]
    public async Task A_chain_of_processes_is_no_deeper_on_the_stack_than_one()
    {
        using var attempt = new Attempt();
        var script = Path.Combine(attempt.Folder, "chain");
        // Each waits for the next one, so that none becomes it.
        await File.WriteAllTextAsync(script, "#!/bin/sh\n[ \"$1\" -eq 1 ] && echo ready && exec sleep 300\n\"$0\" $(($1 - 1))\nexit\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var root = Process.Start(new ProcessStartInfo(script, [$"{Depth}"]) { RedirectStandardOutput = true })!;
        await root.StandardOutput.ReadLineAsync();

        IReadOnlyList<int> found = [];
        var looker = new Thread(() => found = [.. ProcessTree.Find(root.Id)], SmallStack);
        looker.Start();
        looker.Join();

        foreach (var id in found)
            _ = Signals.Send(id, Signals.Kill);
        Assert.That(found, Has.Count.EqualTo(Depth));
        Assert.That(found[0], Is.EqualTo(root.Id));
    }
}
