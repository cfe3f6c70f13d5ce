using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores;
using DelphiRunner.Engine.Stores.Rows;
using DelphiRunner.Runner.Configuration;
using Spectre.Console;

namespace DelphiRunner.Runner.Cli;

/// <summary><c>demo</c>: submits three kinds of Delphi jobs, runs them before the reader's eyes, and shows what came of them.</summary>
internal static class DemoCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);

    // What the headline and the output file say already.
    private static readonly HashSet<string> HostKeys = ["result_type", "completed_at", "execution_finished_at", "output_summary", "return_code"];

    public static Command Define(CommandBorder border)
    {
        var command = new Command("demo", "Submit sample jobs, run them with a live table, and show their results.");
        border.Handle(command, (invocation, _, cancellationToken) =>
        {
            HostProtection.CloseDiagnostics();
            return RunAsync(invocation, cancellationToken);
        });
        return command;
    }

    public static async Task<int> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stopping.CancelAfter(Limit);
        using var interrupt = StopOn(PosixSignal.SIGINT, stopping);
        using var terminate = StopOn(PosixSignal.SIGTERM, stopping);

        var configuration = invocation.Configuration;
        FileMask.Narrow().ToList().ForEach(invocation.Output.Note);
        using var state = StateFolder.Take(configuration.State);
        HostProtection.Seal().ToList().ForEach(invocation.Output.Note);
        using var warnings = new KeptWarnings();
        var plugins = await PluginCatalog.LoadAsync(
            configuration.Plugins, configuration.Folder, configuration.PluginGenerations, warnings, invocation.Time, stopping.Token);
        RunnerHost.RequireHandlers(plugins);
        await using var store = await invocation.OpenStoreAsync(stopping.Token);
        var jobs = new DemoJobs(store, invocation.Time);
        await RefuseIfOthersAreOpenAsync(jobs, store);
        await jobs.SubmitNextAsync([], stopping.Token);

        using var lines = new LastJobLines();
        var host = new JobHost(store, plugins, RunnerHost.OptionsOf(configuration), lines, invocation.Time, warnings);
        var running = host.RunAsync(once: false, stopping.Token);
        var rows = await WatchAsync(invocation, jobs, lines, running, stopping.Token);
        await stopping.CancelAsync();
        await running.WaitAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        foreach (var warning in warnings.Texts)
        {
            invocation.Output.Note(Printable.Line($"Warning: {warning}"));
        }

        var faults = DemoJobs.Faults(rows);
        Show(invocation.Output, configuration, rows, faults);
        return faults.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    // The demo runs whatever is due in the queue: it must not be the way in which real jobs are started by accident.
    private static async Task RefuseIfOthersAreOpenAsync(DemoJobs jobs, IJobStore store)
    {
        var others = await jobs.OpenJobsOfOthersAsync(CancellationToken.None);
        if (others.Count > 0)
        {
            throw new CommandFailure(
                ExitCodes.BadData,
                $"{store.Name} holds {others.Count} open job(s) that are not the demo's, '{others[0].Id}' among them; the demo would run them too. " +
                "Run them first with 'delphi-runner run --once', or give the demo another 'store' by --config.");
        }
    }

    private static async Task<IReadOnlyList<JobRow>> WatchAsync(
        Invocation invocation, DemoJobs jobs, LastJobLines lines, Task running, CancellationToken stoppingToken)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var rows = await jobs.ReadAsync(CancellationToken.None);
        if (console.Profile.Out.IsTerminal)
        {
            await console.Live(DemoTable.Of(rows, lines.ByJob, invocation.Time.GetUtcNow())).StartAsync(live =>
                FollowAsync(() => live.UpdateTarget(DemoTable.Of(rows, lines.ByJob, invocation.Time.GetUtcNow()))));
        }
        else
        {
            var told = new Dictionary<string, string>(StringComparer.Ordinal);
            await FollowAsync(() => TellChanges(invocation.Output, rows, told));
        }

        if (running.IsFaulted)
        {
            await running;
        }

        return rows;

        async Task FollowAsync(Action show)
        {
            show();
            while (!DemoJobs.HaveEnded(rows) && !running.IsCompleted && !stoppingToken.IsCancellationRequested)
            {
                await Task.WhenAny(running, Task.Delay(Refresh, invocation.Time, stoppingToken));
                rows = await jobs.ReadAsync(CancellationToken.None);
                await jobs.SubmitNextAsync(rows, CancellationToken.None);
                show();
            }
        }
    }

    // Where no table can be redrawn, each change of a job is a line.
    private static void TellChanges(CommandOutput output, IReadOnlyList<JobRow> rows, Dictionary<string, string> told)
    {
        foreach (var row in rows)
        {
            var state = $"{row.Status}{(row.Rechecks > 0 ? $" (check {row.Rechecks + 1})" : "")}";
            if (told.GetValueOrDefault(row.Id) != state)
            {
                told[row.Id] = state;
                output.Note(Printable.Line($"{row.JobType,-24} {row.Id}  {state}"));
            }
        }
    }

    private static void Show(CommandOutput output, RunnerConfiguration configuration, IReadOnlyList<JobRow> rows, IReadOnlyList<string> faults)
    {
        if (output.IsJson)
        {
            output.Json(new JsonObject
            {
                ["ok"] = faults.Count == 0,
                ["jobs"] = new JsonArray([.. rows.Select(row => Json(row, configuration.State))]),
                ["faults"] = new JsonArray([.. faults.Select(fault => JsonValue.Create(fault))]),
            });
            return;
        }

        foreach (var row in rows)
        {
            ShowResults(output, row);
            foreach (var spool in AttemptFolder.SpoolsOf(configuration.State, row.Id))
            {
                output.Line($"  output          {Path.GetRelativePath(Environment.CurrentDirectory, spool)}");
            }
        }

        output.Line("");
        foreach (var fault in faults)
        {
            output.Line(Printable.Line($"NOT AS IT SHOULD BE: {fault}"));
        }

        output.Line(faults.Count == 0 ? "All jobs ended as they should. Look on with: delphi-runner jobs list, jobs show ID, jobs logs ID" : "The demo failed.");
    }

    private static void ShowResults(CommandOutput output, JobRow row)
    {
        output.Line("");
        output.Line(Printable.Line($"{row.JobType}  {row.Id}  {row.Status}"));
        if (JsonNode.Parse(row.Text(JobAttributes.JobResults) ?? "{}") is JsonObject results)
        {
            foreach (var (name, value) in results.Where(result => !HostKeys.Contains(result.Key)))
            {
                output.Line(Printable.Line($"  {name,-15} {(value is JsonValue text && text.TryGetValue<string>(out var plain) ? plain : value?.ToJsonString())}"));
            }
        }
    }

    private static JsonObject Json(JobRow row, string state) => new()
    {
        ["job_id"] = row.Id,
        ["job_type"] = row.JobType,
        ["status"] = row.Status,
        ["rechecks"] = row.Rechecks,
        ["job_results"] = row.Text(JobAttributes.JobResults) is { } results ? JsonNode.Parse(results) : null,
        ["output"] = new JsonArray([.. AttemptFolder.SpoolsOf(state, row.Id).Select(path => JsonValue.Create(path))]),
    };

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stopping) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stopping.Cancel();
        });
}
