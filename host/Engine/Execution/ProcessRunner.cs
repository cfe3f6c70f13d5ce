using System.Runtime.ExceptionServices;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Execution.Output;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine.Execution;

/// <summary>Runs approved commands: the only place of the host that starts a job's processes.</summary>
/// <param name="options">The section <c>execution</c>.</param>
/// <param name="ladder">What the machine has to confine commands with; disposed by its owner after the last run.</param>
/// <param name="host">What no command in a namespace may see.</param>
/// <param name="spawner">Starts every child; disposed by its owner after the last run.</param>
/// <param name="time">The clock.</param>
internal sealed class ProcessRunner(ExecutionOptions options, ContainmentLadder ladder, HostFiles host, Spawner spawner, TimeProvider time)
{
    private const int NoExitCode = -1;

    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Sends signals to processes. Default: the system's. No test can make a process that SIGKILL does not end.</summary>
    public SignalSender Send { get; init; } = Signals.Send;

    /// <summary>How long a root process may take to end after SIGKILL. Default: 10 s.</summary>
    public TimeSpan DeathLimit { get; init; } = KillLimit;

    /// <summary>Runs a command to its end, and ends what it leaves behind.</summary>
    /// <param name="request">The command.</param>
    /// <param name="onLine">Takes each line of output, one at a time. It has to be quick and must not throw: the child waits for it.</param>
    /// <param name="jobToken">Asks the command to end, and kills it after the grace.</param>
    /// <param name="killToken">Kills the command at once.</param>
    /// <returns>How it ended, or null when a token was cancelled before its start. It returns only when the root process has ended, or cannot be killed.</returns>
    /// <exception cref="ProcessStartException">The program could not be started.</exception>
    public async Task<ProcessRun?> RunAsync(ProcessRequest request, Action<OutputLine> onLine, CancellationToken jobToken, CancellationToken killToken)
    {
        var startedAt = time.GetUtcNow();
        var command = request.Command;
        if (jobToken.IsCancellationRequested || killToken.IsCancellationRequested)
            return null;

        using var known = new KnownAttempt(ladder.Orphans, request.Mark);
        using var secrets = SecretFiles.Write(command, request.Confinement.User);
        using var pump = new OutputPump(options, command.Masker, request.Files.SpoolPath, onLine);
        using var child = await new ChildStarter(ladder, host, spawner, Send, time).StartAsync(request, pump);
        known.Enter(child.Id, child.StartTime);
        var began = time.GetTimestamp();
        var end = ProcessEnd.Exited;
        var elapsed = TimeSpan.Zero;
        var exitCode = NoExitCode;
        var fault = default(Exception);
        try
        {
            if (child.Fault is { } unseen)
                ExceptionDispatchInfo.Throw(unseen);
            end = await WaitForEndAsync(child, command.TimeLimit, request.Stop, jobToken, killToken);
            elapsed = time.GetElapsedTime(began);
            exitCode = await CollectAsync(child);
        }
        catch (Exception exception)
        {
            // The border of one command: it was started, so that its end has to be seen and told whatever failed.
            fault = exception;
            await KillAsync(child);
        }

        // What comes behind the proof throws only where it shows that nothing was started: nobody else would tell of it.
        var proof = await ProveAsync(child);
        if (!proof.IsAlive)
            known.Forget();
        var secretNote = secrets.TryRemove();
        // The folder is emptied and used again.
        if (request.Confinement.User is not null)
            UserAccount.TryTakeBack(request.Files.WorkFolder);
        // What never started leaves nothing: where that is in doubt, a command imitates it.
        if (proof.IsConfirmed && fault is null)
            ChildStarter.ThrowIfNeverStarted(request, exitCode, pump.LastLines);

        var usage = child.Meter.Read();
        var result = ResultFile.TryRead(request.Files.ResultPath, out var resultNote);
        return new ProcessRun
        {
            Result = new ProcessResult
            {
                End = end,
                ExitCode = exitCode,
                StartedAt = startedAt,
                Elapsed = elapsed,
                TimeLimit = command.TimeLimit,
                LastLines = pump.LastLines,
                OutputLines = pump.Lines,
                OutputBytes = pump.Bytes,
                CpuTime = usage.Cpu,
                PeakMemoryBytes = usage.PeakMemoryBytes,
                IsUsageSampled = usage.IsSampled,
                RanOutOfMemory = usage.RanOutOfMemory,
                ResultFileJson = result is null ? null : MaskedJson.Of(result, command.Masker),
            },
            ExitConfirmed = proof.IsConfirmed,
            ExitProof = proof.Text,
            MayStillRun = proof.IsAlive || (!proof.IsConfirmed && request.Confinement.Rung != Rung.ProcessTree),
            Containment = request.Confinement.Describe(),
            Unkillable = proof.IsAlive ? UntilGoneAsync(known.Keep(), child.Meter.KeepGroup(), child.Exited, child.Containment) : null,
            Fault = fault,
            Notes = [.. new[] { pump.Note, resultNote, secretNote }.OfType<string>()],
            ResultFileLeftOut = resultNote is not null,
        };
    }

    private async Task<ProcessEnd> WaitForEndAsync(
        RunningChild child, TimeSpan timeLimit, StopOptions stop, CancellationToken jobToken, CancellationToken killToken)
    {
        using var limit = new CancellationTokenSource(timeLimit, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, jobToken, killToken);
        if (await ExitsAsync(child, Timeout.InfiniteTimeSpan, any.Token))
            return ProcessEnd.Exited;

        var end = jobToken.IsCancellationRequested || killToken.IsCancellationRequested ? ProcessEnd.Stopped : ProcessEnd.TimeLimit;
        if (!killToken.IsCancellationRequested)
        {
            await child.Containment.SignalAsync(stop.Signal);
            if (await ExitsAsync(child, stop.Grace, killToken))
                return end;
        }

        await KillAsync(child);
        return end;
    }

    private Task<bool> KillAsync(RunningChild child)
    {
        child.Containment.Kill();
        return ExitsAsync(child, DeathLimit, CancellationToken.None);
    }

    // Gives the pipes their bounded time before what is left is killed: a grandchild may be about to write its last lines.
    private static async Task<int> CollectAsync(RunningChild child) => child.Exited.IsCompleted ? (await child.Completed).ExitCode : NoExitCode;

    private async Task<ExitProof> ProveAsync(RunningChild child)
    {
        if (!child.Exited.IsCompleted)
        {
            child.Abandon();
            return new ExitProof(false, $"process {child.Id} has not ended {DeathLimit.TotalSeconds:0} s after SIGKILL", IsAlive: true);
        }

        var proof = await ProveAsync(child.Containment);
        return child.Fault is null ? proof : proof with { IsConfirmed = false, Text = $"{proof.Text}, but it could not be looked at when it was started" };
    }

    private static async Task<ExitProof> ProveAsync(IContainment containment)
    {
        try
        {
            return await containment.ProveExitAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A host without a free descriptor, for one, sees no processes.
            return new ExitProof(false, $"what is left of it could not be looked at ({exception.Message.TrimEnd('.')})", IsAlive: true);
        }
    }

    private async Task<bool> ExitsAsync(RunningChild child, TimeSpan limit, CancellationToken token)
    {
        await child.Exited.WaitAsync(limit, time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return child.Exited.IsCompleted;
    }

    /// <summary>Waits for the end of what SIGKILL did not end, for which the slot stays closed. Until then it is known whose it is, and nobody else gets its cgroup.</summary>
    private async Task UntilGoneAsync(KnownAttempt known, ControlGroup? group, Task exited, IContainment containment)
    {
        // Kills again what could not be looked at when it was to be killed.
        for (; !exited.IsCompleted; await Task.WhenAny(exited, Task.Delay(BetweenLooks, time, CancellationToken.None)))
            containment.Kill();
        while ((await ProveAsync(containment)).IsAlive)
            await Task.Delay(BetweenLooks, time, CancellationToken.None);
        group?.GiveBack();
        known.Forget();
    }
}
