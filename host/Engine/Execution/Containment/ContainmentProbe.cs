using System.ComponentModel;
using System.Diagnostics;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution.Containment;

/// <summary>Finds out which rungs of the ladder this machine has, by running each.</summary>
/// <param name="programs">The prefix programs.</param>
/// <param name="searchPath">The host's <c>PATH</c>.</param>
/// <param name="spawner">The threads on which attempts are started, too.</param>
internal sealed class ContainmentProbe(PrefixPrograms programs, string? searchPath, Spawner spawner)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The host's own folder, which is used where the temporary one cannot be written, or null. Nothing stays there.</summary>
    public string? Folder { get; init; }

    public async Task<ContainmentLadder> RunAsync(SandboxMode mode)
    {
        const string NotHere = "this system has none";
        if (!OperatingSystem.IsLinux())
            return new ContainmentLadder { Programs = programs, Best = Rung.ProcessTree, NoNamespace = NotHere, NoStrict = NotHere, NoSession = NotHere, NoGroups = NotHere };

        var noSession = await TrySessionAsync(programs with { SetPriv = null });
        var noPrivileges = programs.SetPriv is null ? "there is no program 'setpriv' on the PATH; install util-linux"
            : noSession is null ? await TrySessionAsync(programs)
            : null;
        var usable = noPrivileges is null ? programs : programs with { SetPriv = null };
        var orphans = AdoptedOrphans.TryBegin();
        var noNamespace = mode == SandboxMode.Off ? "execution.sandbox is 'off'"
            : orphans is null ? "the system does not show the children of a process (/proc/PID/task/ID/children)"
            : await TryNamespaceAsync(SandboxProfile.Processes);
        var noStrict = noNamespace ?? await TryNamespaceAsync(SandboxProfile.Strict);
        var hasSizes = noStrict is null;
        if (noStrict?.Contains("--size", StringComparison.Ordinal) == true)
            noStrict = await TryNamespaceAsync(SandboxProfile.Strict, new StrictOptions { PrivateBytes = null });
        var groups = ControlGroups.TryOpen(out var noGroups);
        if (groups is not null && (noGroups = await TryGroupAsync(groups)) is not null)
        {
            groups.Dispose();
            groups = null;
        }

        return new ContainmentLadder
        {
            Programs = usable,
            Best = noNamespace is null ? Rung.Namespace : noSession is null ? Rung.Session : Rung.ProcessTree,
            NoNamespace = noNamespace,
            NoSession = noSession,
            WeakSession = noSession is null && noPrivileges is not null ? $"in a session a command may get privileges and may outlive the host: {noPrivileges}" : null,
            NoStrict = noStrict,
            SizesPrivateFolders = hasSizes,
            Groups = groups,
            NoGroups = noGroups,
            Orphans = orphans,
        };
    }

    /// <summary>Runs a program in a session.</summary>
    /// <returns>What failed or is missing, or null when it worked.</returns>
    private async Task<string?> TrySessionAsync(PrefixPrograms these)
    {
        if (these.SetSid is null)
            return "there is no program 'setsid' on the PATH; install util-linux";
        string[] line = [.. LaunchLine.Session(these), Require("true")];
        return await RunAsync(line[0], line[1..]) is { } failure
            ? $"'{line[0]}' of util-linux is needed, and said: {failure}"
            : null;
    }

    /// <summary>Runs a program in a namespace.</summary>
    /// <returns>What failed, or null when it worked.</returns>
    private async Task<string?> TryNamespaceAsync(SandboxProfile profile, StrictOptions? strict = null)
    {
        if (programs.Bubblewrap is null)
            return "there is no program 'bwrap' on the PATH; install bubblewrap";
        DirectoryInfo? state = null;
        try
        {
            state = MakeFolder();
            var work = state.CreateSubdirectory("work").CreateSubdirectory("probe").FullName;
            var confinement = new Confinement { Rung = Rung.Namespace, Profile = profile, Strict = strict ?? new StrictOptions() };
            var host = HostFiles.Of(state.FullName, queue: null, secrets: []);
            return await RunAsync(programs.Bubblewrap, [.. BubblewrapArguments.Of(confinement, host, ProgramPath.InRealFolder(work), secretFolder: null, "/"), Require("true")]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"there is no folder to try it in, as neither '{Path.GetTempPath()}' nor '{Folder}' can be written ({e.Message.TrimEnd('.')})";
        }
        finally
        {
            if (state is not null)
                FolderRemoval.Remove(state.FullName);
        }
    }

    private DirectoryInfo MakeFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory("delphi-runner-probe-");
        }
        catch (Exception e) when (Directory.Exists(Folder) && e is IOException or UnauthorizedAccessException)
        {
            return Directory.CreateDirectory(Path.Combine(Folder, $"probe-{Guid.NewGuid():N}"));
        }
    }

    /// <summary>Kills a process through a cgroup.</summary>
    /// <returns>What failed, or null when it worked.</returns>
    internal async Task<string?> TryGroupAsync(ControlGroups groups)
    {
        ControlGroup? group = null;
        try
        {
            group = groups.Take();
            if (!group.CanKill)
                return "this kernel has no cgroup.kill, which came with Linux 5.14";
            // It waits for its standard input, which stays open.
            using var process = await spawner.StartAsync(() => Process.Start(Describe(Require("cat"), []))!); // A new process, as none is reused.
            group.Add(process.Id);
            var isIn = !group.IsEmpty;
            group.Kill();
            if (await EndsAsync(process) && isIn && group.IsEmpty)
                return null;
            process.Kill();
            return "a process in one was not killed by cgroup.kill";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return e.Message.TrimEnd('.');
        }
        finally
        {
            group?.GiveBack();
        }
    }

    private async Task<string?> RunAsync(string program, string[] arguments)
    {
        try
        {
            using var process = await spawner.StartAsync(() => Process.Start(Describe(program, arguments))!); // As above.
            var said = process.StandardError.ReadToEndAsync();
            if (await EndsAsync(process))
                return process.ExitCode == 0 ? null : (await said).Trim();
            process.Kill();
            return $"'{program}' did not end within {Limit.TotalSeconds:0} s";
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }

    private static async Task<bool> EndsAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Limit);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.HasExited;
    }

    private static ProcessStartInfo Describe(string program, string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment.Clear();
        return info;
    }

    private string Require(string name) => ProgramPath.Find(name, searchPath)?.Path ?? Path.Combine("/bin", name);
}
