using System.Globalization;
using DelphiRunner.Engine.Stores.Upkeep;
using Spectre.Console;

namespace DelphiRunner.Runner.Cli.Stores;

/// <summary>Shows how far a copy has come: a bar on a terminal, elsewhere a line each tenth and at least every few seconds.</summary>
internal sealed class CopyProgress(CommandOutput output, TimeProvider time) : IProgress<CopyCounts>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private ProgressTask? _bar;
    private long _toldAt = time.GetTimestamp();
    private int _toldTenth;

    /// <summary>Runs the copy under the display.</summary>
    public Task<CopyResult> ShowAsync(Func<Task<CopyResult>> copy)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Profile.Out.IsTerminal
            ? console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .StartAsync(async context =>
                {
                    _bar = context.AddTask("copying");
                    return await copy();
                })
            : copy();
    }

    public void Report(CopyCounts value)
    {
        lock (_lock)
        {
            if (_bar is { } bar)
            {
                bar.MaxValue = Math.Max(1, Math.Max(value.Total, value.Read));
                bar.Value = value.Read;
                bar.Description = Markup.Escape(Describe(value));
            }
            else if (IsTimeToTell(value))
            {
                output.Note(Describe(value));
            }
        }
    }

    private bool IsTimeToTell(CopyCounts counts)
    {
        var tenth = counts.Total > 0 ? (int)(10L * counts.Read / counts.Total) : 0;
        if (tenth <= _toldTenth && time.GetElapsedTime(_toldAt) < Interval)
        {
            return false;
        }

        (_toldTenth, _toldAt) = (Math.Max(tenth, _toldTenth), time.GetTimestamp());
        return true;
    }

    private static string Describe(CopyCounts counts) => string.Create(
        CultureInfo.InvariantCulture,
        $"{counts.Read} of {counts.Total} rows read, {counts.Written} written, {counts.Skipped} there already{(counts.Left > 0 ? $", {counts.Left} left out" : "")}");
}
