using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.StoreChild;

/// <summary>A host that ends what it started and proves it, for tests that keep it from seeing that.</summary>
internal static class Proof
{
    private const string Fence = "DELPHI_FENCE";
    private const string OwnFence = "1:of-this-one";

    /// <summary>Starts a command that waits, says its root's id, and on a line of standard input kills it and says what it can prove.</summary>
    /// <param name="rung">What holds the command.</param>
    /// <param name="command">A program and its arguments.</param>
    public static async Task<int> GiveAsync(string rung, string[] command)
    {
        var orphans = AdoptedOrphans.TryBegin()!; // Linux has them, and the tests are for Linux.
        string[] line = [.. rung == "namespace" ? new[] { "bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--new-session", "--die-with-parent" } : ["setsid"], .. command];
        using var root = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, Environment = { [Fence] = OwnFence } })!; // A new process, as none is reused.
        var startTime = ProcessStat.TryRead(root.Id)?.StartTime;
        IContainment containment = rung == "namespace"
            ? new NamespaceContainment(root.Id, startTime, $"{Fence}={OwnFence}", orphans, Signals.Send, TimeProvider.System)
            : new SessionContainment(root.Id, startTime, $"{Fence}={OwnFence}", orphans, Signals.Send, TimeProvider.System);
        while (!ProcessTree.Find(root.Id).Any(id => ProcessStat.FindChildren(id).Count == 0 && KernelFile.ReadText($"/proc/{id}/cmdline").StartsWith(command[0] + '\0', StringComparison.Ordinal)))
            await Task.Delay(10);

        Console.WriteLine(root.Id);
        Console.ReadLine();
        containment.Kill();
        var proof = await containment.ProveExitAsync();
        Console.WriteLine($"{(proof.IsConfirmed ? "confirmed" : "unconfirmed")}: {proof.Text}");
        _ = Signals.Send(root.Id, Signals.Kill);
        return 0;
    }
}
