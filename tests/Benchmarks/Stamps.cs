using System.Diagnostics;
using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Benchmarks;

/// <summary>A moment on both clocks that all processes of a Linux machine share.</summary>
/// <param name="Monotonic">In ticks of <see cref="Stopwatch"/>.</param>
/// <param name="WallNanoseconds">Nanoseconds since 1970.</param>
internal readonly record struct Moment(long Monotonic, long WallNanoseconds)
{
    public static Moment Now() => new(Stopwatch.GetTimestamp(), (DateTimeOffset.UtcNow.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick);

    public static Moment Parse(string text)
    {
        var parts = text.Split(' ');
        return new(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Monotonic} {WallNanoseconds}");
}

/// <summary>When a job of the type STAMP was planned, and when its command ran.</summary>
internal sealed class Stamps(JobRow row)
{
    // The handler writes the plan's monotonic time and the command's wall clock time.
    private readonly Moment _stored = Moment.Parse(row.Text("stamps") ?? throw new MeasureException($"Job '{row.Id}' carries no stamps."));

    public double PlanMsAfter(Moment start) => Stopwatch.GetElapsedTime(start.Monotonic, _stored.Monotonic).TotalMilliseconds;

    public double CommandMsAfter(Moment start) => (_stored.WallNanoseconds - start.WallNanoseconds) / 1e6;
}
