using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CliWrap;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Execution.Output;

namespace DelphiRunner.Engine.Execution;

/// <summary>Starts approved commands as children, each confined as its job type wants it.</summary>
/// <param name="ladder">What the machine has to confine them with.</param>
/// <param name="host">What they may not see.</param>
/// <param name="spawner">The threads on which they are started.</param>
/// <param name="send">Sends signals.</param>
/// <param name="time">The clock.</param>
internal sealed class ChildStarter(ContainmentLadder ladder, HostFiles host, Spawner spawner, SignalSender send, TimeProvider time)
{
    // When memory runs out, the kernel takes a child before the host, which may have been given a score itself.
    private const int AboveTheHost = 500;
    private const int HighestScore = 1000;

    private static readonly string OutOfMemoryScore = Math.Min(ScoreOfHost() + AboveTheHost, HighestScore).ToString(CultureInfo.InvariantCulture);

    /// <exception cref="ProcessStartException">The program could not be started.</exception>
    public Task<RunningChild> StartAsync(ProcessRequest request, OutputPump pump) => spawner.StartAsync(() => Start(request, pump));

    /// <summary>Finds out whether it was a prefix program that ended, because it could not become the command's program.</summary>
    /// <exception cref="ProcessStartException">It was.</exception>
    public static void ThrowIfNeverStarted(ProcessRequest request, int exitCode, IReadOnlyList<string> lines)
    {
        if (request.Confinement.Rung != Rung.ProcessTree && LaunchLine.StartFailure(exitCode, lines) is { } reason)
            throw new ProcessStartException(request.Command.Program, reason);
    }

    private RunningChild Start(ProcessRequest request, OutputPump pump)
    {
        try
        {
            // As another user it has to own what it works in.
            if (request.Confinement.User is { } user)
                UserAccount.Find(user)?.Own(request.Files.WorkFolder);
            return Start(request, request.Confinement.HasControlGroup ? ladder.Groups?.Take() : null, pump);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // The folder is used again.
            if (request.Confinement.User is not null)
                UserAccount.TryTakeBack(request.Files.WorkFolder);
            throw new ProcessStartException(request.Command.Program, (e.InnerException ?? e).Message, e);
        }
    }

    private RunningChild Start(ProcessRequest request, ControlGroup? group, OutputPump pump)
    {
        try
        {
            group?.Limit(request.Confinement.GroupMemoryBytes, request.Confinement.GroupProcesses);
            var line = LaunchLine.Of(request.Command, request.Confinement, ladder.Programs, host, request.Files.WorkFolder);
            return RunningChild.Start(
                drainToken => Wrap(line, request, pump, drainToken),
                info => Configure(info, line, request),
                process => Attach(process, request, group),
                time);
        }
        catch
        {
            group?.GiveBack();
            throw;
        }
    }

    private Attachment Attach(Process process, ProcessRequest request, ControlGroup? group)
    {
        ulong? startTime = null;
        IOException? fault = null;
        try
        {
            startTime = ProcessStat.TryRead(process.Id)?.StartTime;
            if (OperatingSystem.IsLinux())
                Mark(process.Id, group);
        }
        catch (IOException e)
        {
            // What cannot be looked at cannot be held. It was started all the same, so that its end has to be seen and told.
            fault = e;
            KillUnseen(process, group);
        }

        var containment = Contain(process, startTime, request);
        return new Attachment(group is null ? containment : new ControlGroupContainment(containment, group, time), group, startTime, fault);
    }

    /// <summary>Kills by all for which nothing has to be looked at.</summary>
    private void KillUnseen(Process process, ControlGroup? group)
    {
        // As long as the root is not collected, its id and a group of that id are its own.
        if (!process.HasExited)
        {
            _ = send(-process.Id, Signals.Kill);
            _ = send(process.Id, Signals.Kill);
        }

        group?.Kill();
    }

    /// <summary>Gives a process and what it started already what those inherit that come later.</summary>
    private static void Mark(int root, ControlGroup? group)
    {
        // A child that is just being made may have the old score and not be shown yet. A move into a cgroup waits for that; without one, two looks have to do.
        var looks = group is null ? 2 : 1;
        for (var look = 0; look < looks; look++)
        {
            foreach (var id in ProcessTree.Find(root))
            {
                KernelFile.TryWrite(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/oom_score_adj"), OutOfMemoryScore);
                group?.Add(id);
            }
        }
    }

    private static int ScoreOfHost() =>
        OperatingSystem.IsLinux() && int.TryParse(KernelFile.ReadText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture, out var score) ? score : 0;

    private IContainment Contain(Process process, ulong? startTime, ProcessRequest request) => request.Confinement.Rung switch
    {
        Rung.Namespace => new NamespaceContainment(process.Id, startTime, request.Mark, ladder.Orphans!, send, time), // The rung stands only with them.
        Rung.Session => new SessionContainment(process.Id, startTime, request.Mark, ladder.Orphans, send, time),
        _ => new ProcessTreeContainment(process),
    };

    private static Command Wrap(LaunchLine line, ProcessRequest request, OutputPump pump, CancellationToken drainToken) =>
        Cli.Wrap(line.Program)
            .WithWorkingDirectory(request.Command.WorkingDirectory)
            .WithStandardInputPipe(request.Command.StandardInput is { } text ? PipeSource.FromBytes(Encoding.UTF8.GetBytes(text)) : PipeSource.Null)
            .WithStandardOutputPipe(pump.Target(fromStandardError: false, drainToken))
            .WithStandardErrorPipe(pump.Target(fromStandardError: true, drainToken))
            .WithValidation(CommandResultValidation.None);

    // A list of arguments, so that none is quoted and parsed again, and the approved environment in place of the host's.
    private static void Configure(ProcessStartInfo info, LaunchLine line, ProcessRequest request)
    {
        info.Arguments = string.Empty;
        foreach (var argument in line.Arguments)
            info.ArgumentList.Add(argument);

        info.Environment.Clear();
        foreach (var (name, value) in request.Command.Environment)
            info.Environment[name] = value;
    }
}
