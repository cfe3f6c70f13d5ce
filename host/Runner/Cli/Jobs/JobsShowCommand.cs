using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Runner.Cli.Jobs;

/// <summary><c>jobs show</c>: one row, with its attributes' stored names and the JSON in its texts parsed.</summary>
internal static class JobsShowCommand
{
    public static Command Define(CommandBorder border)
    {
        var id = new Argument<string>("ID") { Description = "The job's id." };
        var command = new Command("show", "Show a job as it is stored.") { id };
        border.Handle(command, (invocation, parsed, cancellationToken) => ShowAsync(invocation, parsed.GetRequiredValue(id), cancellationToken));
        return command;
    }

    public static async Task<int> ShowAsync(Invocation invocation, string jobId, CancellationToken cancellationToken)
    {
        await using var store = await invocation.OpenStoreAsync(cancellationToken);
        var row = await store.GetAsync(jobId, cancellationToken) ?? throw CommandFailure.NoSuchJob(jobId, store.Name);
        var json = RowJson.ToPlainJson(row, parseTexts: true);
        if (invocation.Output.IsJson)
        {
            invocation.Output.Json(json);
        }
        else
        {
            using var document = JsonDocument.Parse(json);
            foreach (var attribute in document.RootElement.EnumerateObject())
            {
                Print(invocation.Output, attribute);
            }

            var claim = ClaimSummary.Of(row, invocation.Time.GetUtcNow()).Text;
            if (claim.Length > 0)
                invocation.Output.Line(Printable.Line($"({claim})"));
        }

        return ExitCodes.Ok;
    }

    private static void Print(CommandOutput output, JsonProperty attribute)
    {
        var name = Printable.Line(attribute.Name);
        var isNested = attribute.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
        var text = isNested ? CommandOutput.Indent(attribute.Value.GetRawText()) : attribute.Value.ToString();
        if (isNested && text.Contains('\n', StringComparison.Ordinal))
            output.Line($"{name}:{Environment.NewLine}  {Printable.Lines(text).ReplaceLineEndings($"{Environment.NewLine}  ")}");
        else
            output.Line($"{name}: {Printable.Line(text)}");
    }
}
