using System.CommandLine;
using System.Text.Json.Nodes;
using DelphiRunner.Contracts;
using DelphiRunner.Engine;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli.Submitting;

/// <summary><c>submit</c>: puts a new job, or rows from files, into the queue. What is there already is never changed.</summary>
internal static class SubmitCommand
{
    private const string Creator = "delphi-runner";

    public static Command Define(CommandBorder border)
    {
        var job = new NewJobOptions();
        var from = new Option<string[]>("--from")
        {
            HelpName = "FILE",
            Description = "Files that hold a row each in DynamoDB JSON, stored as they are. All are read before any is stored.",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("submit", "Put a job into the queue.") { from };
        job.AddTo(command);
        border.Handle(command, (invocation, parsed, cancellationToken) => parsed.GetValue(from) is { Length: > 0 } files
            ? SubmitFilesAsync(invocation, files, cancellationToken)
            : SubmitAsync(invocation, job.Read(parsed, invocation.Time.GetUtcNow()), cancellationToken));
        return command;
    }

    public static async Task<int> SubmitAsync(Invocation invocation, NewJob job, CancellationToken cancellationToken)
    {
        var row = NewRow.Of(job, Creator, invocation.Time.GetUtcNow());
        await using var store = await invocation.OpenStoreAsync(cancellationToken);
        if (!await store.CreateAsync(row, cancellationToken))
            throw IdIsTaken(job.Id, store.Name);

        if (invocation.Output.IsJson)
            invocation.Output.Json(new JsonObject { ["job_id"] = job.Id, ["created"] = true });
        else
            invocation.Output.Line($"Job submitted with ID: {Printable.Line(job.Id)}");
        return ExitCodes.Ok;
    }

    public static async Task<int> SubmitFilesAsync(Invocation invocation, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var rows = await ReadAllAsync(files, cancellationToken);
        await using var store = await invocation.OpenStoreAsync(cancellationToken);
        var results = new JsonArray();
        var taken = 0;
        foreach (var (file, row) in rows)
        {
            var created = await store.CreateAsync(row, cancellationToken);
            taken += created ? 0 : 1;
            results.Add((JsonNode)new JsonObject { ["file"] = file, ["job_id"] = row.Id, ["created"] = created });
            if (created && !invocation.Output.IsJson)
                invocation.Output.Line($"{file}: Job submitted with ID: {Printable.Line(row.Id)}");
            else if (!created)
                invocation.Output.Note(Printable.Line($"{file}: {IdIsTaken(row.Id, store.Name).Message}"));
        }

        if (invocation.Output.IsJson)
            invocation.Output.Json(new JsonObject { ["submitted"] = results });
        return taken == 0 ? ExitCodes.Ok : ExitCodes.BadData;
    }

    /// <summary>Reads all files, or says of each that is no row why.</summary>
    private static async Task<IReadOnlyList<(string File, JobRow Row)>> ReadAllAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var rows = new List<(string File, JobRow Row)>();
        var failures = new List<CommandFailure>();
        foreach (var file in files)
        {
            try
            {
                var row = await RowFile.ReadAsync(file, cancellationToken);
                var same = rows.Find(other => other.Row.Id == row.Id).File;
                if (same is not null)
                    throw new CommandFailure(ExitCodes.BadData, $"{file}: The id '{row.Id}' is that of {same} too. Each row has its own.");
                rows.Add((file, row));
            }
            catch (CommandFailure failure)
            {
                failures.Add(failure);
            }
        }

        return failures.Count == 0
            ? rows
            : throw new CommandFailure(failures.Max(failure => failure.ExitCode), "Nothing was submitted, because not every file is a row in DynamoDB JSON.")
            {
                Problems = [.. failures.Select(failure => failure.Message)],
            };
    }

    private static CommandFailure IdIsTaken(string jobId, string store) =>
        new(ExitCodes.BadData, $"A job '{jobId}' is in {store} already. Nothing was changed; give another id, or leave it out.");
}
