using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Execution.Containment;
using DelphiRunner.Engine.Plugins;
using DelphiRunner.Engine.Security;
using DelphiRunner.Engine.Stores.Rows;
using Microsoft.Extensions.Logging.Abstractions;

namespace DelphiRunner.Runner.Cli;

/// <summary><c>plan</c>: the exact command that would be run for a job, and under which policy, running nothing.</summary>
internal static class PlanCommand
{
    public static Command Define(CommandBorder border)
    {
        var job = new Argument<string?>("JOB") { Description = "The id of a job in the queue.", Arity = ArgumentArity.ZeroOrOne };
        var from = new Option<FileInfo?>("--from") { HelpName = "FILE", Description = "A row in DynamoDB JSON instead of a job in the queue." };
        var command = new Command("plan", "Show what would be run for a job, and under which policy, running nothing.") { job, from };
        command.Validators.Add(result =>
        {
            if ((result.GetResult(job)?.Tokens.Count > 0) == (result.GetResult(from) is not null))
            {
                result.AddError("Give either the id of a job or --from FILE.");
            }
        });
        border.Handle(command, (invocation, parsed, cancellationToken) =>
            PlanAsync(invocation, parsed.GetValue(job), parsed.GetValue(from), cancellationToken));
        return command;
    }

    private static async Task<int> PlanAsync(Invocation invocation, string? jobId, FileInfo? file, CancellationToken cancellationToken)
    {
        var configuration = invocation.Configuration;
        await using var store = await invocation.OpenStoreAsync(cancellationToken);
        var row = file is null
            ? await store.GetAsync(jobId!, cancellationToken) ?? throw CommandFailure.NoSuchJob(jobId!, store.Name) // Checked: one of the two is given.
            : await RowFile.ReadAsync(file.FullName, cancellationToken);
        var plugins = await PluginCatalog.LoadAsync(
            configuration.Plugins, configuration.Folder, configuration.PluginGenerations, NullLoggerFactory.Instance, invocation.Time, cancellationToken);
        RunnerHost.RequireHandlers(plugins);
        var host = new JobHost(store, plugins, RunnerHost.OptionsOf(configuration), Stream.Null, invocation.Time, NullLoggerFactory.Instance);
        try
        {
            Show(invocation.Output, row, await host.PlanAsync(row, cancellationToken));
            return ExitCodes.Ok;
        }
        catch (ConfinementException exception)
        {
            throw new CommandFailure(ExitCodes.Failed, $"Jobs of type '{row.JobType}' would not be claimed: {exception.Message}");
        }
        catch (Exception exception) when (exception is InvalidJobException or CommandDeniedException)
        {
            throw new CommandFailure(ExitCodes.Failed, $"Job '{row.Id}' would end FAILED: {exception.Message}")
            {
                Problems = exception is CommandDeniedException denied ? denied.FurtherRefusals : [],
            };
        }
    }

    private static void Show(CommandOutput output, JobRow row, PlannedJob plan)
    {
        var json = Json(row, plan);
        if (output.IsJson)
        {
            output.Json(json);
            return;
        }

        output.Line(Printable.Line($"job          {row.Id}"));
        output.Line(Printable.Line($"job type     {row.JobType}"));
        output.Line(Printable.Line($"handler      {plan.Handler.Name} ({plan.Handler.HandledBy})"));
        if (plan.Command is { } command)
        {
            output.Line(Printable.Line($"command      {JobCommands.Show(command)}"));
            output.Line(Printable.Line($"in           {command.WorkingDirectory}"));
            output.Line(Printable.Line($"environment  {string.Join(", ", command.Environment.Keys.Order(StringComparer.Ordinal))}"));
            output.Line(string.Create(CultureInfo.InvariantCulture, $"time limit   {command.TimeLimit}"));
            foreach (var line in ConfinementLines(plan.Confinement!)) // There with a command.
            {
                output.Line(Printable.Line(line));
            }

            foreach (var refusal in TextsOf(plan))
            {
                output.Line(Printable.Line($"refused      {refusal}"));
            }
        }
        else
        {
            output.Line(Printable.Line($"outcome      {plan.Outcome!.Kind}, nothing to run{(plan.Outcome.Error is { } error ? $": {error}" : "")}"));
        }

        foreach (var note in plan.Notes)
        {
            output.Line(Printable.Line($"note         {note}"));
        }
    }

    private static IEnumerable<string> TextsOf(PlannedJob plan) => plan.Refusals.Select(refusal => refusal.Text).OfType<string>();

    private static IEnumerable<string> ConfinementLines(Confinement confinement) =>
    [
        $"containment  {confinement.Describe()}",
        .. confinement.Weaker is { } weaker ? [$"weaker       {weaker}"] : Array.Empty<string>(),
        .. confinement.LimitReports.Select(limit => $"limit        {limit}"),
    ];

    private static JsonObject Json(JobRow row, PlannedJob plan)
    {
        var json = new JsonObject
        {
            ["job_id"] = row.Id,
            ["job_type"] = row.JobType,
            ["handler"] = plan.Handler.Name,
            ["handled_by"] = plan.Handler.HandledBy,
            ["notes"] = Texts(plan.Notes),
        };
        if (plan.Command is { } command)
        {
            json["program"] = command.Program;
            json["arguments"] = Texts(command.Arguments.Select(command.Masker.Mask));
            json["working_directory"] = command.WorkingDirectory;
            json["environment_names"] = Texts(command.Environment.Keys.Order(StringComparer.Ordinal));
            json["time_limit_seconds"] = command.TimeLimit.TotalSeconds;
            json["containment"] = plan.Confinement!.Describe(); // There with a command.
            json["containment_weaker"] = plan.Confinement.Weaker;
            json["limits"] = new JsonArray([.. plan.Confinement.LimitReports.Select(limit => new JsonObject { ["limit"] = limit.Name, ["enforced_by"] = limit.EnforcedBy })]);
            json["refusals"] = Texts(TextsOf(plan));
        }
        else
        {
            json["outcome"] = plan.Outcome!.Kind.ToString().ToLowerInvariant();
            json["error"] = plan.Outcome.Error;
        }

        return json;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
