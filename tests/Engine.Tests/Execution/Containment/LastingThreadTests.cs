using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

[Platform("Linux")]
public sealed class LastingThreadTests
{
    [Test]
    public async Task A_process_that_lives_on_without_its_first_thread_is_not_taken_for_gone()
    {
        using var root = Process.Start(new ProcessStartInfo("setsid", [Attempt.Child, "end-first-thread"]) { RedirectStandardOutput = true })!;
        await root.StandardOutput.ReadLineAsync();
        var seen = ProcessStat.TryRead(root.Id)!.Value;
        var containment = new SessionContainment(
            root.Id, seen.StartTime, "DELPHI_FENCE=1:of-this-test", orphans: null, (id, signal) => signal == Signals.Kill ? 0 : Signals.Send(id, signal), TimeProvider.System);

        var proof = await containment.ProveExitAsync();
        var isThere = !root.HasExited;
        root.Kill();

        Assert.That(seen.State, Is.EqualTo('Z'));
        Assert.That(isThere, Is.True);
        Assert.That(proof.IsConfirmed, Is.False, proof.Text);
        Assert.That(proof.IsAlive, Is.True, proof.Text);
    }
}
