using System.Diagnostics;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Tests.Stores.Sqlite;

namespace DelphiRunner.Engine.Tests.Execution.Containment;

/// <summary>Lets a process fail to open files, as if it had no descriptor left. Without any its runtime could not live either.</summary>
internal sealed class Blindfold : IDisposable
{
    private readonly Process _strace;

    private Blindfold(Process strace) => _strace = strace;

    /// <summary>Takes the sight of one file from a whole process.</summary>
    public static Task<Blindfold> PutOnAsync(int id, string file) => PutOnAsync([id], ["-f", "-P", file]);

    /// <summary>Takes the sight of all files from some threads alone.</summary>
    public static Task<Blindfold> PutOnThreadsAsync(IReadOnlyList<int> threads) => PutOnAsync(threads, []);

    private static async Task<Blindfold> PutOnAsync(IReadOnlyList<int> ids, IEnumerable<string> options)
    {
        var start = new ProcessStartInfo("strace", [.. options, .. ids.SelectMany(id => new[] { "-p", $"{id}" }), "-e", "trace=openat", "-e", "inject=openat:error=EMFILE", "-o", "/dev/null"]) { RedirectStandardError = true };
        var strace = Process.Start(start)!; // A new process, as none is reused.
        foreach (var id in ids)
            Assert.That(await strace.StandardError.ReadLineAsync().WaitAsync(StoreProcess.Patience), Does.Contain($"Process {id} attached"));
        return new Blindfold(strace);
    }

    public async Task TakeOffAsync()
    {
        _ = Signals.Send(_strace.Id, Signals.Number(StopSignal.Int));
        await _strace.WaitForExitAsync().WaitAsync(StoreProcess.Patience);
    }

    public void Dispose()
    {
        _strace.Kill();
        _strace.Dispose();
    }
}
