using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.StoreChild;

/// <summary>A host that ends what it started and proves it, for tests that take its descriptors away: not one's own process can live without them.</summary>
internal static class Proof
{
    private const string Fence = "DELPHI_FENCE";

    /// <summary>Starts a command that waits, says "ready", and on a line of standard input kills it and says what it can prove. All that twice.</summary>
    /// <param name="rung">What holds the command.</param>
    /// <param name="command">A program and its arguments.</param>
    public static async Task<int> GiveTwiceAsync(string rung, string[] command)
    {
        var orphans = AdoptedOrphans.TryBegin()!; // Linux has them, and the tests are for Linux.
        // The first time loads all that the second needs.
        foreach (var fence in new[] { "1:of-a-first-one", "1:of-a-second-one" })
        {
            string[] line = [.. rung == "namespace" ? new[] { "bwrap", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--new-session", "--die-with-parent" } : ["setsid"], .. command];
            using var root = Process.Start(new ProcessStartInfo(line[0], line[1..]) { Environment = { [Fence] = fence } })!; // A new process, as none is reused.
            var startTime = ProcessStat.TryRead(root.Id)?.StartTime;
            IContainment containment = rung == "namespace"
                ? new NamespaceContainment(root.Id, startTime, $"{Fence}={fence}", orphans, Signals.Send, TimeProvider.System)
                : new SessionContainment(root.Id, startTime, $"{Fence}={fence}", orphans, Signals.Send, TimeProvider.System);
            while (!ProcessTree.Find(root.Id).Any(id => ProcessStat.FindChildren(id).Count == 0 && KernelFile.ReadText($"/proc/{id}/cmdline").StartsWith(command[0] + '\0', StringComparison.Ordinal)))
                await Task.Delay(10);

            Console.WriteLine("ready");
            Console.ReadLine();
            containment.Kill();
            var proof = await containment.ProveExitAsync();
            Console.WriteLine($"{(proof.IsConfirmed ? "confirmed" : "unconfirmed")}: {proof.Text}");
            _ = Signals.Send(root.Id, Signals.Kill);
        }

        return 0;
    }
}
