using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using CliWrap;
using DelphiRunner.Engine.Execution.Output;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution;

/// <summary>Starts approved commands as children, each in a session of its own where the system has a program for that.</summary>
/// <param name="spawner">The thread on which children are started.</param>
/// <param name="time">The clock.</param>
internal sealed class ChildStarter(Spawner spawner, TimeProvider time)
{
    private const string SessionProgram = "setsid";

    // A child of .NET leads no group, so that setsid need not fork: its process becomes the program's, and its id the group's.
    private readonly string? _session = OperatingSystem.IsLinux()
        ? ProgramPath.Find(SessionProgram, Environment.GetEnvironmentVariable("PATH"))?.Path
        : null;

    /// <exception cref="ProcessStartException">The program could not be started.</exception>
    public Task<RunningChild> StartAsync(ApprovedCommand command, OutputPump pump) => spawner.StartAsync(() => Start(command, pump));

    /// <summary>Finds out whether it was the prefix program that ended, because it could not become the command's program.</summary>
    /// <exception cref="ProcessStartException">It was.</exception>
    public static void ThrowIfNeverStarted(ApprovedCommand command, int exitCode, IReadOnlyList<string> lines)
    {
        // The codes and the line of util-linux and BusyBox. A command that imitates them fails its own job only.
        if (exitCode is 126 or 127 && lines is [var line] && line.StartsWith($"{SessionProgram}: ", StringComparison.Ordinal))
            throw new ProcessStartException(command.Program, line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);
    }

    private RunningChild Start(ApprovedCommand command, OutputPump pump)
    {
        try
        {
            return RunningChild.Start(
                drainToken => Wrap(command, pump, drainToken),
                info => Configure(info, command),
                process => _session is null ? new ProcessTreeContainment(process) : new SessionContainment(process.Id, time),
                time);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            throw new ProcessStartException(command.Program, (e.InnerException ?? e).Message, e);
        }
    }

    private Command Wrap(ApprovedCommand command, OutputPump pump, CancellationToken drainToken) =>
        Cli.Wrap(_session ?? command.Program)
            .WithWorkingDirectory(command.WorkingDirectory)
            .WithStandardInputPipe(command.StandardInput is { } text ? PipeSource.FromBytes(Encoding.UTF8.GetBytes(text)) : PipeSource.Null)
            .WithStandardOutputPipe(pump.Target(fromStandardError: false, drainToken))
            .WithStandardErrorPipe(pump.Target(fromStandardError: true, drainToken))
            .WithValidation(CommandResultValidation.None);

    // A list of arguments, so that none is quoted and parsed again, and the approved environment in place of the host's.
    private void Configure(ProcessStartInfo info, ApprovedCommand command)
    {
        info.Arguments = string.Empty;
        if (_session is not null)
            info.ArgumentList.Add(command.Program);
        foreach (var argument in command.Arguments)
            info.ArgumentList.Add(argument);

        info.Environment.Clear();
        foreach (var (name, value) in command.Environment)
            info.Environment[name] = value;
    }
}
