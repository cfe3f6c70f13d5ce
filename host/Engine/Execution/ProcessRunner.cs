using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution.Output;
using DelphiRunner.Engine.Security;

namespace DelphiRunner.Engine.Execution;

/// <summary>Runs approved commands: the only place of the host that starts a job's processes.</summary>
/// <param name="options">The section <c>execution</c>.</param>
/// <param name="spawner">Starts every child; disposed by its owner after the last run.</param>
/// <param name="time">The clock.</param>
internal sealed class ProcessRunner(ExecutionOptions options, Spawner spawner, TimeProvider time)
{
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    private readonly ChildStarter _starter = new(spawner, time);

    /// <summary>Runs a command to its end, and ends what it leaves behind.</summary>
    /// <param name="command">The command.</param>
    /// <param name="files">Where its output is kept and its result is read.</param>
    /// <param name="stop">How it is asked to end, by its time limit and by <paramref name="jobToken"/>.</param>
    /// <param name="onLine">Takes each line of output, one at a time. It has to be quick and must not throw: the child waits for it.</param>
    /// <param name="jobToken">Asks the command to end, and kills it after the grace.</param>
    /// <param name="killToken">Kills the command at once.</param>
    /// <returns>How it ended. It returns only when the root process has ended, or cannot be killed.</returns>
    /// <exception cref="ProcessStartException">The program could not be started.</exception>
    public async Task<ProcessRun> RunAsync(
        ApprovedCommand command,
        AttemptFiles files,
        StopOptions stop,
        Action<OutputLine> onLine,
        CancellationToken jobToken,
        CancellationToken killToken)
    {
        var startedAt = time.GetUtcNow();
        if (jobToken.IsCancellationRequested || killToken.IsCancellationRequested)
            return NeverStarted(command, startedAt);

        using var pump = new OutputPump(options, command.Masker, files.SpoolPath, onLine);
        using var child = await _starter.StartAsync(command, pump);
        var began = time.GetTimestamp();
        var end = await WaitForEndAsync(child, command.TimeLimit, stop, jobToken, killToken);
        var elapsed = time.GetElapsedTime(began);
        var (exitCode, proof) = await CollectAsync(child);
        ChildStarter.ThrowIfNeverStarted(command, exitCode, pump.LastLines);

        var result = ResultFile.TryRead(files.ResultPath, out var resultNote);
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
                ResultFileJson = result,
            },
            ExitConfirmed = proof.IsConfirmed,
            ExitProof = proof.Text,
            Notes = [.. new[] { pump.Note, resultNote }.OfType<string>()],
        };
    }

    private static ProcessRun NeverStarted(ApprovedCommand command, DateTimeOffset now) => new()
    {
        Result = new ProcessResult
        {
            End = ProcessEnd.Stopped,
            ExitCode = -1,
            StartedAt = now,
            Elapsed = TimeSpan.Zero,
            TimeLimit = command.TimeLimit,
            LastLines = [],
        },
        ExitConfirmed = true,
        ExitProof = "not started",
    };

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
            child.Containment.Signal(stop.Signal);
            if (await ExitsAsync(child, stop.Grace, killToken))
                return end;
        }

        child.Containment.Kill();
        await ExitsAsync(child, KillLimit, CancellationToken.None);
        return end;
    }

    // Gives the pipes their bounded time before it kills what is left: a grandchild may be about to write its last lines.
    private static async Task<(int ExitCode, ExitProof Proof)> CollectAsync(RunningChild child)
    {
        if (!child.Exited.IsCompleted)
        {
            child.Abandon();
            return (-1, new ExitProof(false, $"process {child.Id} has not ended {KillLimit.TotalSeconds:0} s after SIGKILL"));
        }

        var exitCode = 0;
        var proof = default(ExitProof);
        try
        {
            exitCode = (await child.Completed).ExitCode;
        }
        finally
        {
            // Also when the taker of the lines threw.
            proof = await child.Containment.ProveExitAsync();
        }

        return (exitCode, proof);
    }

    private async Task<bool> ExitsAsync(RunningChild child, TimeSpan limit, CancellationToken token)
    {
        await child.Exited.WaitAsync(limit, time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return child.Exited.IsCompleted;
    }
}
