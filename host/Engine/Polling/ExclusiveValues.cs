using System.Diagnostics.CodeAnalysis;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Polling;

/// <summary>The values by which jobs of a type exclude one another: which are taken, and which jobs wait for that. Thread-safe.</summary>
/// <remarks>
/// A job that waits is left out of the next listings, so that a page never holds only such jobs. Where another host holds a value, one job tries for
/// all that wait for it.
/// </remarks>
/// <param name="served">Names the attribute of each job type.</param>
/// <param name="pause">How long a value is left alone that could not be had.</param>
/// <param name="losses">After so many tries in a row a value is left alone for good.</param>
/// <param name="time">The clock.</param>
internal sealed class ExclusiveValues(ServedJobs served, TimeSpan pause, int losses, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ExclusiveValue, State> _states = [];
    private readonly Dictionary<string, ExclusiveValue> _waiting = new(StringComparer.Ordinal);

    /// <summary>Whether the last listing left out jobs that are to be tried again.</summary>
    public bool HasRetries { get; private set; }

    /// <summary>Takes the value of a job, or lets it wait.</summary>
    /// <returns>True with null for a job that excludes no other.</returns>
    public bool TryTake(JobRow row, out ExclusiveValue? taken)
    {
        taken = null;
        if (row.JobType is not { } jobType || !served.ExclusiveBy.TryGetValue(jobType, out var attribute) || row.Text(attribute) is not { } text)
        {
            return true;
        }

        var value = new ExclusiveValue(jobType, text);
        lock (_lock)
        {
            var state = _states.GetValueOrDefault(value);
            if (IsLeftAlone(state))
            {
                _waiting[row.Id] = value;
                return false;
            }

            _states[value] = new State(IsHeld: true, state?.Losses ?? 0, 0);
            taken = value;
            return true;
        }
    }

    /// <summary>Gives a value back, so that the jobs that wait for it are listed again.</summary>
    public void GiveBack(ExclusiveValue? taken)
    {
        if (taken is { } value)
        {
            lock (_lock)
            {
                _states.Remove(value);
            }
        }
    }

    /// <summary>Notes that the job could not be claimed: perhaps another host runs one with this value.</summary>
    public void Lose(ExclusiveValue? taken)
    {
        if (taken is { } value)
        {
            lock (_lock)
            {
                _states[value] = new State(IsHeld: false, _states.GetValueOrDefault(value)?.Losses + 1 ?? 1, time.GetTimestamp());
            }
        }
    }

    /// <summary>Gives the ids that a listing is to leave out.</summary>
    public IReadOnlyList<string> LeftOut()
    {
        lock (_lock)
        {
            HasRetries = _states.Values.Any(state => !state.IsHeld && state.Losses < losses && IsLeftAlone(state));
            foreach (var (value, _) in _states.Where(pair => IsOld(pair.Value)).ToList())
            {
                _states.Remove(value);
            }

            foreach (var (jobId, _) in _waiting.Where(pair => !IsLeftAlone(_states.GetValueOrDefault(pair.Value))).ToList())
            {
                _waiting.Remove(jobId);
            }

            return [.. _waiting.Keys];
        }
    }

    private bool IsLeftAlone([NotNullWhen(true)] State? state) =>
        state is not null && (state.IsHeld || state.Losses >= losses || time.GetElapsedTime(state.Since) < pause);

    private bool IsOld(State state) => !state.IsHeld && state.Losses < losses && time.GetElapsedTime(state.Since) > 10 * pause;

    private sealed record State(bool IsHeld, int Losses, long Since);
}

/// <summary>A value that only one running job of a type may have.</summary>
internal readonly record struct ExclusiveValue(string JobType, string Text);
