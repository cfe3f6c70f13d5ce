using System.Text.Json;
using DelphiRunner.Contracts;

namespace DelphiRunner.Plugins.Delphi.Rows;

/// <summary>A row's <c>environment</c>: a JSON object as text, or a native map. What of it may reach a child is the host's decision.</summary>
internal static class RowEnvironment
{
    private const string Attribute = "environment";

    /// <summary>Reads the variables that the row asks for; empty when it asks for none.</summary>
    /// <exception cref="InvalidJobException">The attribute is no JSON object of plain values.</exception>
    public static IReadOnlyDictionary<string, string> Read(Job job)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (job.GetText(Attribute) is not { } json || string.IsNullOrWhiteSpace(json))
        {
            return variables;
        }

        using var document = Parse(json);
        foreach (var variable in document.RootElement.EnumerateObject())
        {
            switch (variable.Value.ValueKind)
            {
                case JsonValueKind.Null:
                    break;
                case JsonValueKind.String:
                    variables[variable.Name] = variable.Value.GetString()!;
                    break;
                case JsonValueKind.Object or JsonValueKind.Array:
                    throw new InvalidJobException(
                        $"{Attribute}.{variable.Name} is {SeenText.Quote(variable.Value.GetRawText())}; it must be a text, a number or a boolean.");
                default:
                    variables[variable.Name] = variable.Value.GetRawText();
                    break;
            }
        }

        return variables;
    }

    private static JsonDocument Parse(string json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new InvalidJobException($"{Attribute} is {SeenText.Quote(json)}, which is not JSON ({exception.Message}).", exception);
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new InvalidJobException($"{Attribute} is {SeenText.Quote(json)}; it must be a JSON object of texts.");
    }
}
