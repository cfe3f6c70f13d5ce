using DelphiRunner.Contracts;
using DelphiRunner.Plugins.Delphi.Settings;

namespace DelphiRunner.Plugins.Delphi.Batches;

/// <summary>When a running batch is looked at again: after a delay that doubles up to a longest one, until a limit.</summary>
internal sealed class RecheckSchedule(RecheckSettings settings)
{
    /// <summary>The delay after the check that follows a number of rechecks.</summary>
    public TimeSpan DelayAfter(int rechecks)
    {
        var delay = settings.FirstDelay;
        for (var i = 0; i < rechecks && delay < settings.LongestDelay && delay > TimeSpan.Zero; i++)
        {
            delay *= 2;
        }

        return delay < settings.LongestDelay ? delay : settings.LongestDelay;
    }

    /// <summary>How long a check has been going on: since its row was created, or, where that time cannot be read, by its delays so far.</summary>
    public TimeSpan AgeOf(Job job, DateTimeOffset now) => job.CreatedAt is { } created ? now - created : SumOfDelays(job.Rechecks);

    public bool IsOver(Job job, DateTimeOffset now) => AgeOf(job, now) >= settings.Limit;

    private TimeSpan SumOfDelays(int rechecks)
    {
        var sum = TimeSpan.Zero;
        for (var i = 0; i < rechecks && sum < settings.Limit; i++)
        {
            sum += DelayAfter(i);
        }

        return sum;
    }
}
