using System.Globalization;
using System.Runtime.InteropServices;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>
/// The processes whose parents ended and whose parent the host became for that, being the child subreaper of all that it starts: whatever
/// leaves its attempt's group ends up here. Thread-safe.
/// </summary>
internal sealed partial class AdoptedOrphans
{
    private const int SetChildSubreaper = 36;
    private const int DoNotWait = 1;

    // The kernel hands orphans to the first thread, on which the host starts nothing: its children there are the adopted ones.
    private static readonly string FirstThread = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/task/{Environment.ProcessId}");

    private readonly Lock _gate = new();
    private readonly HashSet<(int Root, ulong StartTime)> _attempts = [];
    private readonly HashSet<string> _marks = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Id, ulong StartTime), string> _owned = [];
    private readonly HashSet<(int Id, ulong StartTime)> _givenUp = [];
    private readonly int _ownSession = ProcessStat.TryRead(Environment.ProcessId)?.Session ?? 0;

    private AdoptedOrphans()
    {
    }

    /// <summary>Makes the host the parent of all orphans below it.</summary>
    /// <returns>Null where the system cannot do that, or does not show the children of a process.</returns>
    public static AdoptedOrphans? TryBegin() =>
        OperatingSystem.IsLinux() && Control(SetChildSubreaper, 1, 0, 0, 0) == 0 && File.Exists(Path.Combine(FirstThread, "children")) ? new AdoptedOrphans() : null;

    /// <summary>Tells the mark of an attempt that is about to start. Only marks of such are believed: a command can give what it starts any other.</summary>
    public void Announce(string mark)
    {
        lock (_gate)
            _marks.Add(mark);
    }

    /// <summary>Tells that an attempt of that mark is over, or never started.</summary>
    public void Withdraw(string mark)
    {
        lock (_gate)
        {
            _marks.Remove(mark);
            foreach (var process in _owned.Where(owned => owned.Value == mark).Select(owned => owned.Key).ToList())
                _owned.Remove(process);
        }
    }

    /// <summary>Tells that an attempt runs; what it might have left is not looked for without need while it does.</summary>
    public void Enter(int root, ulong startTime)
    {
        lock (_gate)
            _attempts.Add((root, startTime));
    }

    public void Leave(int root, ulong startTime)
    {
        lock (_gate)
            _attempts.Remove((root, startTime));
    }

    /// <summary>Tells whose a process is while that can be seen: one that is ending shows it no more. It counts until the mark is withdrawn.</summary>
    public void Own(ProcessStat process, string mark)
    {
        lock (_gate)
        {
            if (_marks.Contains(mark))
                _owned[(process.Id, process.StartTime)] = mark;
        }
    }

    /// <summary>The mark of the attempt whose a process was said to be, or null.</summary>
    public string? OwnerOf(ProcessStat process)
    {
        lock (_gate)
            return _owned.GetValueOrDefault((process.Id, process.StartTime));
    }

    /// <summary>Tells that the end of a process was waited for in vain, and that nobody knows whose it is.</summary>
    public void GiveUp(ProcessStat process)
    {
        lock (_gate)
            _givenUp.Add((process.Id, process.StartTime));
    }

    public bool IsGivenUp(ProcessStat process)
    {
        lock (_gate)
            return _givenUp.Contains((process.Id, process.StartTime));
    }

    /// <summary>Finds the running orphans, and collects those that have ended, which nobody else would.</summary>
    /// <remarks>
    /// One by one: a wait for any child would take away those that the runtime waits for, which ends the host. The runtime's own children are
    /// in the host's session until they make their own, which no orphan can join.
    /// </remarks>
    public IReadOnlyList<ProcessStat> Look() =>
    [
        .. ProcessStat.ChildrenOf(FirstThread)
            .Select(ProcessStat.TryRead)
            .OfType<ProcessStat>()
            .Where(orphan => orphan.Session != _ownSession && !(orphan.HasEnded && WaitFor(orphan.Id, 0, DoNotWait) == orphan.Id)),
    ];

    /// <summary>How many run of which this user is shown nothing: they became another's by their program, and the system hides those (<c>hidepid</c>).</summary>
    public static int CountHidden() => ProcessStat.ChildrenOf(FirstThread).Count(id => ProcessStat.TryRead(id) is null && WaitFor(id, 0, DoNotWait) == 0);

    /// <summary>Whether a process has a variable in the environment that it was started with.</summary>
    /// <param name="id">The process.</param>
    /// <param name="mark">The variable, <c>NAME=VALUE</c>.</param>
    public static bool HasMark(int id, string mark) => EnvironmentOf(id).Contains(mark, StringComparer.Ordinal);

    /// <summary>Whether a process has the mark of a running attempt other than this one.</summary>
    public bool HasMarkOfAnother(int id, string mark)
    {
        var environment = EnvironmentOf(id);
        lock (_gate)
            return environment.Any(variable => variable != mark && _marks.Contains(variable));
    }

    /// <summary>Whether an attempt other than this one runs that began before a process did, so that it may be that attempt's.</summary>
    public bool MayBeOfAnother(ProcessStat orphan, int root)
    {
        lock (_gate)
            return _attempts.Any(attempt => attempt.Root != root && attempt.StartTime <= orphan.StartTime);
    }

    // Nothing of one that ended, or that is another user's, in which case it is nobody's that the host started as itself.
    private static string[] EnvironmentOf(int id) => KernelFile.ReadText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/environ")).Split('\0');

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int WaitFor(int id, nint status, int options);
}
