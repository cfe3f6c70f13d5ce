using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace DelphiRunner.EndToEnd.Tests.DelphiJobs;

/// <summary>Finds all in which a row is not what was expected of it, each as a sentence.</summary>
internal static class RowDifferences
{
    // What the existing readers are promised: 50 entries or slightly more, 2 KB a message, 100 to 200 KB in all.
    private const int MostEntries = 60;
    private const int MostMessageBytes = 2048;
    private const int MostLogBytes = 200 * 1024;

    /// <summary>Compares the attributes: those that the expectation names with it, all others with the row as it was submitted.</summary>
    public static IEnumerable<string> InAttributes(RowExpectation expected, StoredRow before, StoredRow after)
    {
        foreach (var name in before.Attributes.Keys.Union(after.Attributes.Keys).Union(expected.Attributes.Keys).Order(StringComparer.Ordinal))
        {
            if (expected.Attributes.TryGetValue(name, out var value))
            {
                if (!value.Accepts(after[name]))
                {
                    yield return $"{name} is {Show(after[name])}; expected: {value.Description}.";
                }
            }
            else if (before[name] != after[name])
            {
                yield return $"{name} was {Show(before[name])} and is {Show(after[name])}; it has to stay byte for byte.";
            }
        }
    }

    public static IEnumerable<string> InResults(RowExpectation expected, StoredRow after)
    {
        if (after.Json("job_results") is not { } results)
        {
            yield return $"job_results is {Show(after["job_results"])}, which is no JSON object.";
            yield break;
        }

        foreach (var (path, text) in expected.Results.Where(pair => Find(results, pair.Key)?.ToString() != pair.Value))
        {
            yield return $"job_results.{path} is {Find(results, path)?.ToJsonString() ?? "not there"}; expected: {text}.";
        }

        foreach (var path in expected.ResultsHave.Where(path => string.IsNullOrEmpty(Find(results, path)?.ToString())))
        {
            yield return $"job_results.{path} is not there.";
        }

        foreach (var path in expected.ResultsHaveNot.Where(path => results.ContainsKey(path)))
        {
            yield return $"job_results.{path} is {results[path]?.ToJsonString()}; it may not be there.";
        }

        foreach (var text in expected.Error)
        {
            if (results["error"]?.ToString().Contains(text, StringComparison.Ordinal) != true)
            {
                yield return $"job_results.error is {results["error"]?.ToJsonString() ?? "not there"}; it has to hold '{text}'.";
            }

            if (after["error_message"]?.Text.Contains(text, StringComparison.Ordinal) != true)
            {
                yield return $"error_message is {Show(after["error_message"])}; it has to hold '{text}'.";
            }
        }
    }

    public static IEnumerable<string> InLog(RowExpectation expected, StoredRow before, StoredRow after)
    {
        if (after.Json("logs") is not { } log || log["entries"] is not JsonArray entries)
        {
            yield return $"logs is {Show(after["logs"])}, which holds no list of entries.";
            yield break;
        }

        var messages = entries.Select(entry => entry?["message"]?.ToString() ?? "").ToList();
        foreach (var text in expected.Log.Concat(expected.Error).Where(text => !messages.Exists(message => message.Contains(text, StringComparison.Ordinal))))
        {
            yield return $"No entry of logs holds '{text}'. They are:\n{string.Join('\n', messages)}";
        }

        foreach (var text in expected.NotInLog.Where(text => messages.Exists(message => message.Contains(text, StringComparison.Ordinal))))
        {
            yield return $"An entry of logs holds '{text}', of which there is nothing to say.";
        }

        foreach (var difference in InBounds(after["logs"]!.Text, messages).Concat(InKept(before, log, messages)))
        {
            yield return difference;
        }

        if (!ExpectedValue.TryParseTime(entries[^1]?["timestamp"]?.ToString() ?? "", out _))
        {
            yield return $"The last entry of logs is {entries[^1]?.ToJsonString()}; its timestamp has to have the form {ExpectedValue.TimeFormat}.";
        }
    }

    private static IEnumerable<string> InBounds(string log, List<string> messages)
    {
        if (messages.Count > MostEntries)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"logs has {messages.Count} entries; at most {MostEntries} were agreed.");
        }

        foreach (var message in messages.Where(message => Encoding.UTF8.GetByteCount(message) > MostMessageBytes))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"An entry of logs has {Encoding.UTF8.GetByteCount(message)} bytes; at most {MostMessageBytes} were agreed.");
        }

        if (Encoding.UTF8.GetByteCount(log) > MostLogBytes)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"logs has {Encoding.UTF8.GetByteCount(log)} bytes; at most {MostLogBytes} were agreed.");
        }
    }

    // The first entry (the creation) stays first, and what else the writer had put beside the entries stays too.
    private static IEnumerable<string> InKept(StoredRow before, JsonObject log, List<string> messages)
    {
        if (before.Json("logs") is not { } earlier)
        {
            yield break;
        }

        if (earlier["entries"] is JsonArray { Count: > 0 } entries && entries[0]?["message"]?.ToString() is { } first
            && !messages[0].StartsWith(first[..Math.Min(first.Length, 1000)], StringComparison.Ordinal))
        {
            yield return $"The first entry of logs was '{first[..Math.Min(first.Length, 200)]}' and is '{messages[0]}'.";
        }

        foreach (var (name, value) in earlier.Where(pair => pair.Key != "entries" && !JsonNode.DeepEquals(pair.Value, log[pair.Key])))
        {
            yield return $"logs.{name} was {value?.ToJsonString()} and is {log[name]?.ToJsonString() ?? "not there"}.";
        }
    }

    private static JsonNode? Find(JsonObject root, string path) =>
        path.Split('.').Aggregate((JsonNode?)root, (node, name) => (node as JsonObject)?[name]);

    private static string Show(StoredValue? value) => value?.ToString() ?? "not there";
}
