using System.Diagnostics;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>A process id that belongs to another process by now: a stranger, who leads a group, has the id of an attempt that began at another time.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
internal sealed class ReusedIdTests : IDisposable
{
    private const string Mark = "DELPHI_FENCE=of-nobody";

    private readonly Process _stranger = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", "echo ready; exec sleep 300"]) { RedirectStandardOutput = true })!;
    private readonly List<int> _signalled = [];

    public void Dispose()
    {
        _stranger.Kill();
        _stranger.Dispose();
    }

    [Test]
    public async Task In_a_session_a_stranger_with_its_id_is_neither_asked_to_end_nor_killed()
    {
        var earlier = await MeetAsync();

        await StopAsync(new SessionContainment(_stranger.Id, earlier, Mark, orphans: null, Send, TimeProvider.System));

        Assert.That(_signalled, Is.Empty);
        Assert.That(_stranger.HasExited, Is.False);
    }

    [Test]
    public async Task In_a_namespace_a_stranger_with_its_id_is_neither_asked_to_end_nor_killed()
    {
        var earlier = await MeetAsync();

        var proof = await StopAsync(new NamespaceContainment(_stranger.Id, earlier, Mark, AdoptedOrphans.TryBegin()!, Send, TimeProvider.System));

        Assert.That(_signalled, Is.Empty);
        Assert.That(_stranger.HasExited, Is.False);
        Assert.That(proof.IsConfirmed, Is.True, proof.Text);
    }

    /// <summary>Waits until the stranger is there, and gives a time before it was.</summary>
    private async Task<ulong> MeetAsync()
    {
        await _stranger.StandardOutput.ReadLineAsync();
        return ProcessStat.TryRead(_stranger.Id)!.Value.StartTime - 1;
    }

    private static async Task<ExitProof> StopAsync(IContainment containment)
    {
        await containment.SignalAsync(StopSignal.Term);
        containment.Kill();
        return await containment.ProveExitAsync();
    }

    private int Send(int id, int signal)
    {
        if (signal != Signals.None)
            _signalled.Add(id);
        return Signals.Send(id, signal);
    }
}
