using System.Diagnostics;
using System.Text.Json.Nodes;
using DelphiRunner.TestServers.Packages;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>
/// The AWS SDK for JavaScript, with which the server of an existing deployment writes its rows: it knows nothing of our reading and writing.
/// </summary>
internal static class JavaScriptClient
{
    /// <summary>Puts items, each into the table beside it: by turns as they are, and as JavaScript's own values through the document client.</summary>
    public static async Task PutAsync(Uri endpoint, IEnumerable<(JobQueueTable Table, JsonObject Item)> items)
    {
        var requests = items.Select((put, number) => new JsonObject
        {
            ["put"] = put.Item.DeepClone(),
            ["table"] = put.Table.Name,
            ["client"] = number % 2 == 0 ? "low-level" : "document",
        });
        await AnswerAsync(endpoint, [.. requests]);
    }

    /// <summary>Reads all items of a table.</summary>
    public static async Task<IReadOnlyList<JsonObject>> ReadAllAsync(JobQueueTable table)
    {
        var answers = await AnswerAsync(table.Endpoint, [new JsonObject { ["scan"] = true, ["table"] = table.Name }]);
        return [.. answers[0]["items"]!.AsArray().Select(item => item!.AsObject())];
    }

    private static async Task<IReadOnlyList<JsonNode>> AnswerAsync(Uri endpoint, IReadOnlyList<JsonObject> requests)
    {
        var start = new ProcessStartInfo(ProgramPath.Find("node"), [Path.Combine(Repository.Servers, "JavaScript", "items.cjs"), endpoint.AbsoluteUri])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NODE_PATH"] = NodePackages.Find();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        foreach (var request in requests)
            await process.StandardInput.WriteLineAsync(request.ToJsonString());

        process.StandardInput.Close();
        await process.WaitForExitAsync();
        var answers = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        return process.ExitCode == 0 && answers.Count == requests.Count
            ? answers
            : throw new InvalidOperationException($"The JavaScript client ended with exit code {process.ExitCode} after {answers.Count} of {requests.Count} answers: {await errors}");
    }
}
