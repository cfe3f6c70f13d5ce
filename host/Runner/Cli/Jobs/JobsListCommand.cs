using System.CommandLine;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores;

namespace DelphiRunner.Runner.Cli.Jobs;

/// <summary><c>jobs list</c>: the newest jobs of any status, a page at a time.</summary>
internal static class JobsListCommand
{
    private const int MostJobs = 1000;

    public static Command Define(CommandBorder border)
    {
        var status = new Option<string?>("--status") { HelpName = "STATUS", Description = "Only jobs with this status, as stored; '' for rows without one." };
        var type = new Option<string?>("--type") { HelpName = "TYPE", Description = "Only jobs of this job type." };
        var conversation = new Option<string?>("--conversation-id") { HelpName = "ID", Description = "Only jobs of this conversation." };
        var limit = new Option<int>("--limit") { HelpName = "N", Description = "At most so many jobs, from 1 to 1000.", DefaultValueFactory = _ => 25 };
        var after = new Option<string?>("--after") { HelpName = "TOKEN", Description = "The page behind another one, by the token that it ended with." };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var number) && number is < 1 or > MostJobs)
                result.AddError($"--limit is {number}. It has to be from 1 to {MostJobs}.");
        });

        var command = new Command("list", "List jobs, the newest first.") { status, type, conversation, limit, after };
        border.Handle(command, (invocation, parsed, cancellationToken) => ListAsync(
            invocation,
            new JobFilter
            {
                Status = parsed.GetValue(status),
                JobType = parsed.GetValue(type),
                ConversationId = parsed.GetValue(conversation),
                Limit = parsed.GetValue(limit),
                After = parsed.GetValue(after),
            },
            cancellationToken));
        return command;
    }

    public static async Task<int> ListAsync(Invocation invocation, JobFilter filter, CancellationToken cancellationToken)
    {
        await using var store = await invocation.OpenStoreAsync(cancellationToken);
        var page = await PageAsync(store, filter, cancellationToken);
        var now = invocation.Time.GetUtcNow();
        var output = invocation.Output;

        if (output.IsJson)
        {
            output.Json(new JsonObject
            {
                ["jobs"] = new JsonArray([.. page.Rows.Select(row => JobSummary.Json(row, now))]),
                ["next"] = page.Next,
            });
            return ExitCodes.Ok;
        }

        output.Table(JobSummary.Headings, page.Rows.Select(row => JobSummary.Cells(row, now)));
        if (page.Rows.Count == 0)
            output.Note($"No job fits in {store.Name}.");
        if (page.Next is not null)
            output.Note($"More jobs follow: add --after '{page.Next}'.");
        return ExitCodes.Ok;
    }

    private static async Task<JobPage> PageAsync(IJobStore store, JobFilter filter, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ListAsync(filter, cancellationToken);
        }
        catch (ArgumentException) when (filter.After is not null)
        {
            throw new CommandFailure(ExitCodes.Usage, $"--after is '{filter.After}', which is no token that a page ended with. Leave it out for the first page.");
        }
    }
}
