using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>Every row of the folder, put into a queue of its own and run by the real program, ends as it was written down by hand, on every store.</summary>
[Parallelizable(ParallelScope.All)]
internal abstract class DelphiJobContract
{
    private const string HealthyJobId = "healthy-job-behind";

    protected static IEnumerable<string> Rows => Expectations.All.Select(expectation => expectation.Row).Order(StringComparer.Ordinal);

    [Test]
    public void The_table_has_exactly_the_rows_of_the_folder()
    {
        var files = Directory.GetFiles(BuiltFiles.DelphiJobs, "*.json").Select(file => Path.GetFileNameWithoutExtension(file));

        Assert.That(Rows, Is.EquivalentTo(files));
        Assert.That(Rows, Is.Unique);
    }

    [TestCaseSource(nameof(Rows))]
    public async Task A_row_ends_as_a_correct_runner_leaves_it(string row)
    {
        var expected = Expectations.For(row);
        var before = StoredRow.Read(Expectations.FileOf(row));
        using var deployment = await DeployAsync(row);

        var run = await deployment.RunAsync("run", "--once");

        var rows = await deployment.ReadRowsAsync();
        var after = rows.Single(stored => stored.Id == before.Id);
        var healthy = rows.Single(stored => stored.Id == HealthyJobId);
        IReadOnlyList<StoredRow> created = [.. rows.Except([after, healthy])];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.Zero, run.ToString());
            Assert.That(healthy["status"]?.Text, Is.EqualTo("COMPLETED"), "the healthy job behind the row");
            Assert.That(deployment.StartsFor(HealthyJobId), Has.Count.EqualTo(1), "the healthy job's command");
            Assert.That(StartDifferences.In(expected, deployment.StartsFor(before.Id), deployment.AppPath), Is.Empty);
            Assert.That(RowDifferences.InAttributes(expected, before, after), Is.Empty);
            Assert.That(CheckerDifferences.In(expected.Checker, created), Is.Empty);
            Assert.That(OutputDifferences(expected, before.Id, run), Is.Empty);
            if (!expected.IsUntouched)
            {
                Assert.That(RowDifferences.InResults(expected, after), Is.Empty);
                Assert.That(RowDifferences.InLog(expected, before, after), Is.Empty);
            }
        }
    }

    [TestCase("29-completed-may-2025-results", "job_results.visualization_path", "visualizations/r4tykwac8thvzv35jrn53/a1000000-0000-4000-8000-000000000029")]
    [TestCase("57-environment-as-map-hostile", "environment.AWS_ENDPOINT_URL", "http://attacker.example")]
    [TestCase("33-ghost-row-logs-only", "logs.entries.0.level", "INFO")]
    public async Task Jobs_show_prints_a_row_with_its_own_names_and_its_json_parsed(string row, string path, string text)
    {
        var file = Expectations.FileOf(row);
        using var deployment = await DeployAsync(row);

        var show = await deployment.RunAsync("jobs", "show", StoredRow.Read(file).Id, "--output", "json");

        Assert.That(show.ExitCode, Is.Zero, show.ToString());
        var shown = JsonNode.Parse(show.OutputText)!.AsObject();
        Assert.That(shown.Select(pair => pair.Key), Is.EquivalentTo(StoredRow.Read(file).Attributes.Keys));
        Assert.That(path.Split('.').Aggregate((JsonNode?)shown, (node, name) => node is JsonArray list ? list[int.Parse(name, null)] : node?[name])?.ToString(), Is.EqualTo(text));
    }

    /// <summary>A deployment whose queue holds the row, and the healthy job behind it.</summary>
    protected abstract Task<Deployment> DeployAsync(string row);

    // Of another conversation, created after the row at hand: it has to complete whatever that row is like.
    protected static string HealthyJob() => NewJobs.Pending(HealthyJobId, "FULL_PIPELINE", "40404", DateTimeOffset.UtcNow);

    // Standard output carries the lines of jobs and nothing else, so that what searches it finds what it always found.
    private static IEnumerable<string> OutputDifferences(RowExpectation expected, string jobId, ProgramEnd run)
    {
        var prefix = $"[DELPHI JOB {jobId[..8]}] ";
        if (run.Output.Any(line => line.StartsWith(prefix, StringComparison.Ordinal)) == expected.IsUntouched)
        {
            yield return expected.IsUntouched ? $"Lines of '{prefix}' were written for a row that nobody may touch." : $"No line of '{prefix}' was written.";
        }

        foreach (var line in run.Output.Where(line => !line.StartsWith("[DELPHI JOB ", StringComparison.Ordinal)))
        {
            yield return $"'{line}' was written to standard output.";
        }
    }
}
