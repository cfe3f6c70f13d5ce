namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>A cgroup beside another containment: it kills what that one does not hold, and shows that nothing is left.</summary>
internal sealed class ControlGroupContainment(IContainment inner, ControlGroup group, TimeProvider time) : IContainment
{
    private static readonly TimeSpan EmptyLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public void Look() => inner.Look();

    public Task SignalAsync(StopSignal signal) => inner.SignalAsync(signal);

    public void Kill()
    {
        group.Kill();
        inner.Kill();
    }

    public async Task<ExitProof> ProveExitAsync()
    {
        // Once empty it stays so, as only who is in it can bring others in.
        var isEmpty = group.IsEmpty;
        if (!isEmpty)
            group.Kill();
        var proof = await inner.ProveExitAsync();
        var began = time.GetTimestamp();
        while (!isEmpty && !group.IsEmpty)
        {
            if (time.GetElapsedTime(began) > EmptyLimit)
                return new ExitProof(false, $"{proof.Text}; its cgroup is not empty {EmptyLimit.TotalSeconds:0} s after it was killed", IsAlive: true);
            await Task.Delay(Pause, time, CancellationToken.None);
        }

        // What has no mark may have left before the root was in the cgroup, so that an empty one does not overrule a doubt.
        return proof with { Text = $"{proof.Text}, cgroup empty" };
    }
}
