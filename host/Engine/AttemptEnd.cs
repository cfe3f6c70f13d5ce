using System.Globalization;
using DelphiRunner.Contracts;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Security.Masking;

namespace DelphiRunner.Engine;

/// <summary>What becomes of a job after an attempt.</summary>
internal enum AttemptEndKind
{
    /// <summary>The outcome is to be recorded.</summary>
    Outcome,

    /// <summary>An operator cancelled the job.</summary>
    Cancelled,

    /// <summary>The job is given back without burning the attempt.</summary>
    GivenBack,

    /// <summary>The row is no longer this host's: nothing may be written.</summary>
    ClaimLost,
}

/// <summary>How an attempt ended, before it is recorded.</summary>
internal sealed record AttemptEnd
{
    public required AttemptEndKind Kind { get; init; }

    /// <summary>The outcome, for <see cref="AttemptEndKind.Outcome"/>.</summary>
    public JobOutcome? Outcome { get; init; }

    /// <summary>Why, for a person; goes to the job's log.</summary>
    public string? Reason { get; init; }

    /// <summary>For <see cref="AttemptEndKind.GivenBack"/>: how long nobody should claim the job.</summary>
    public TimeSpan Delay { get; init; }

    public JobHandler? Handler { get; init; }

    /// <summary>The command's run, or null when nothing was started.</summary>
    public ProcessRun? Run { get; init; }

    /// <summary>What the handler threw, when that is how it ended.</summary>
    public Exception? HandlerFault { get; init; }

    public static AttemptEnd Failed(string error) => new() { Kind = AttemptEndKind.Outcome, Outcome = JobOutcome.Failed(error) };

    /// <summary>Masks all texts that are written to the row: a handler may quote a secret, and a command's results may hold one.</summary>
    public AttemptEnd Masked(SecretMasker masker) => masker.Longest == 0
        ? this
        : this with { Reason = Reason is null ? null : masker.Mask(Reason), Outcome = Outcome is null ? null : Masked(Outcome, masker) };

    /// <summary>Makes sure that the results can be stored: where they cannot, the job fails without them, with that behind its own error.</summary>
    public AttemptEnd WithUsableResults(out bool areRefused)
    {
        areRefused = false;
        if (Kind != AttemptEndKind.Outcome || Outcome is not { Kind: not JobOutcomeKind.Recheck, ResultsJson: { } results } || StoredResults.FaultOf(Outcome.Error, results) is not { } fault)
        {
            return this;
        }

        areRefused = true;
        const int Half = (JobRecorder.MaxErrorLength / 2) - 1;
        var error = Outcome.Error is { } own ? $"{JobRecorder.Cut(own, Half).TrimEnd('.')}. {JobRecorder.Cut(fault, Half)}" : fault;
        return this with { Outcome = JobOutcome.Failed(error) with { Attributes = Outcome.Attributes } };
    }

    public static JobOutcome Masked(JobOutcome outcome, SecretMasker masker) =>
        (outcome.Error is { } error ? JobOutcome.Failed(masker.Mask(error)) : outcome) with
        {
            ResultsJson = outcome.ResultsJson is { } results ? MaskedJson.Of(results, masker) : null,
            Attributes = Masked(outcome.Attributes, masker),
        };

    private static Dictionary<string, JobAttribute> Masked(IReadOnlyDictionary<string, JobAttribute> attributes, SecretMasker masker)
    {
        var all = new Dictionary<string, JobAttribute>(StringComparer.Ordinal);
        foreach (var (name, value) in attributes)
        {
            var masked = masker.Mask(name);
            // Two names may not become the same.
            for (var count = 1; !all.TryAdd(count == 1 ? masked : string.Create(CultureInfo.InvariantCulture, $"{masked} ({count})"), Masked(value, masker));)
                count++;
        }

        return all;
    }

    private static JobAttribute Masked(JobAttribute value, SecretMasker masker) => value.Kind switch
    {
        JobAttributeKind.Json => value with { Text = MaskedJson.Of(value.Text, masker) },
        _ when masker.Mask(value.Text) is var masked && masked != value.Text => JobAttribute.OfText(masked),
        _ => value,
    };
}
