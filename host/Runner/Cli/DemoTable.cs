using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;
using Spectre.Console;

namespace DelphiRunner.Runner.Cli;

/// <summary>The live table of the demo: one line a job, with what its command said last.</summary>
internal static class DemoTable
{
    private const int LineWidth = 50;

    public static Table Of(IReadOnlyList<JobRow> rows, IReadOnlyDictionary<string, string> lastLines, DateTimeOffset now)
    {
        var table = new Table().RoundedBorder().AddColumns("job", "type").AddColumn(Column("status", 16)).AddColumn("checks").AddColumn(Column("age", 6))
            .AddColumn(Column("last line", LineWidth));
        foreach (var row in rows)
        {
            table.AddRow(
                Markup.Escape(Short(row.Id)),
                Markup.Escape(row.JobType ?? ""),
                StatusOf(row),
                row.Rechecks.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"{((row.Time(JobAttributes.CompletedAt) ?? now) - (row.CreatedAt ?? now)).TotalSeconds:0.0} s"),
                Markup.Escape(Cut(lastLines.GetValueOrDefault(row.Id[..Math.Min(8, row.Id.Length)], ""))));
        }

        return table;
    }

    // Widths that do not follow the content: a table that jumps cannot be read while it changes.
    private static TableColumn Column(string heading, int width) => new TableColumn(heading).Width(width).NoWrap();

    // The beginning of an id tells its kind, the end tells it from others.
    private static string Short(string id) => id.Length <= 24 ? id : $"{id[..13]}…{id[^10..]}";

    private static string Cut(string line) => line.Length <= LineWidth ? line : $"{line[..(LineWidth - 1)]}…";

    private static string StatusOf(JobRow row) => row.Status switch
    {
        JobStatuses.Completed => "[green]COMPLETED[/]",
        JobStatuses.Failed => "[red]FAILED[/]",
        JobStatuses.Processing => "[yellow]PROCESSING[/]",
        { } other => Markup.Escape(other),
        null => "",
    };
}
