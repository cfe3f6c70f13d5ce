using Amazon.DynamoDBv2.Model;

namespace DelphiRunner.PythonPoller;

internal static class Rows
{
    /// <summary>The text of an attribute, as Python's <c>job.get(name, other)</c> gives it.</summary>
    public static string TextOr(this Dictionary<string, AttributeValue> row, string name, string other) =>
        row.TryGetValue(name, out var value) ? value.S ?? other : other;
}
