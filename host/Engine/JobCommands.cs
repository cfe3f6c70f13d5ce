using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Polling;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Security.Masking;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine;

/// <summary>Turns what a handler asks for into an approved command, and runs it with the job's log and limits.</summary>
internal sealed class JobCommands(
    CommandPolicy policy, ConfinementPolicy confinements, ProcessRunner runner, ExecutorOptions options, HostSecrets secrets)
{
    private const string FenceVariable = "DELPHI_FENCE";

    /// <summary>Masks the secrets that are granted to a job type, for what its handler writes before a command is approved.</summary>
    public SecretMasker MaskerFor(string? jobType) =>
        OptionsOf(jobType).Secrets is { Count: > 0 } grants
            ? new SecretMasker(grants.Select(grant => secrets.Find(grant.Name, out _)).OfType<HostSecret>().Select(secret => secret.Value))
            : SecretMasker.None;

    /// <summary>Approves a command under the policies.</summary>
    /// <param name="command">What the handler asks for.</param>
    /// <param name="handler">The handler that asks.</param>
    /// <param name="row">The job's row.</param>
    /// <param name="place">The attempt's folders.</param>
    /// <param name="fence">The text that tells attempts apart: the attempt's number and the claim's id.</param>
    /// <param name="refusals">Takes what they leave out of the command, and a time limit of the row that cannot count, also when it is denied.</param>
    /// <exception cref="CommandDeniedException">The command may not run at all.</exception>
    public ApprovedCommand Approve(
        JobCommand command, JobHandler handler, JobRow row, AttemptPlace place, string fence, ICollection<Refusal> refusals)
    {
        var (limit, note) = TimeLimitOf(row, command);
        if (note is not null)
        {
            refusals.Add(new Refusal(RefusalKind.TimeLimit, note));
        }

        var request = new CommandRequest
        {
            Command = command,
            WorkFolder = place.Work,
            SecretFolder = place.Secrets,
            HostVariables = new Dictionary<string, string>
            {
                ["DELPHI_JOB_ID"] = row.Id,
                ["DELPHI_RESULT_FILE"] = AttemptFolder.ResultPathIn(place.Work),
                [FenceVariable] = fence,
            },
            NamedPrograms = handler.NamedPrograms,
            NamedFolders = handler.NamedFolders,
            Secrets = OptionsOf(row.JobType).Secrets,
            TimeLimit = limit,
        };
        return policy.Approve(request, refusals);
    }

    /// <returns>How it ended, or null when the job was stopped before the start.</returns>
    public async Task<ProcessRun?> RunAsync(ApprovedCommand command, RunningJob running, AttemptFolder folder)
    {
        running.Log.Add(JobLog.Information, $"Executing command: {Show(command)}");
        var jobType = OptionsOf(running.Claimed.Row.JobType);
        var run = await runner.RunAsync(
            new ProcessRequest
            {
                Command = command,
                Confinement = confinements.Decide(jobType.Confinement),
                Files = new AttemptFiles { WorkFolder = folder.Work, SpoolPath = folder.SpoolPath, ResultPath = folder.ResultPath },
                Mark = $"{FenceVariable}={command.Environment[FenceVariable]}",
                Stop = jobType.Stop,
            },
            line => running.Log.AddOutput(line.Text, line.FromStandardError),
            running.JobToken,
            running.KillToken);
        foreach (var note in run?.Notes ?? [])
        {
            running.Log.Add(JobLog.Warning, note);
        }

        return run;
    }

    /// <summary>Says how commands of a job type would run on this machine.</summary>
    /// <exception cref="ConfinementException">They would not, since what the operator demands is not to be had.</exception>
    public Confinement ConfinementOf(string? jobType) => confinements.Decide(OptionsOf(jobType).Confinement);

    /// <summary>The command on one line for a person, masked; no shell reads it.</summary>
    public static string Show(ApprovedCommand command) =>
        command.Masker.Mask(string.Join(' ', command.Arguments.Prepend(command.Program).Select(Quote)));

    /// <summary>The shortest of the job type's limit, the row's where it is a valid one, and the handler's.</summary>
    private (TimeSpan Limit, string? Note) TimeLimitOf(JobRow row, JobCommand command)
    {
        var limit = OptionsOf(row.JobType).TimeLimit ?? options.TimeLimit;
        string? note = null;
        if (row.Whole(JobAttributes.TimeoutSeconds) is > 0 and var seconds)
        {
            limit = TimeSpan.FromSeconds(Math.Min(limit.TotalSeconds, seconds));
        }
        else if (row.Text(JobAttributes.TimeoutSeconds) is { } text)
        {
            note = string.Create(
                CultureInfo.InvariantCulture,
                $"timeout_seconds is '{text}', which is no number of seconds above 0; the job type's limit of {limit.TotalSeconds:0} s counts.");
        }

        return (command.TimeLimit is { } asked && asked > TimeSpan.Zero && asked < limit ? asked : limit, note);
    }

    private static string Quote(string argument) =>
        argument.Length > 0 && !argument.Any(char.IsWhiteSpace) ? argument : $"'{argument}'";

    private JobTypeOptions OptionsOf(string? jobType) =>
        jobType is not null && options.JobTypes.TryGetValue(jobType, out var found) ? found : new JobTypeOptions();
}
