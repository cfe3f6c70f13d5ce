using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace DelphiRunner.Runner.Cli;

/// <summary>What a command prints. With JSON, standard output holds exactly one document: the result, or an <c>error</c> object.</summary>
internal sealed class CommandOutput(bool isJson, TextWriter standardOutput, TextWriter standardError)
{
    // Texts in other alphabets stay readable; what JSON itself needs is escaped.
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IAnsiConsole _console = ConsoleOn(standardOutput);

    public bool IsJson => isJson;

    /// <summary>Where a command writes text that is too long to hold.</summary>
    public TextWriter StandardOutput => standardOutput;

    /// <summary>Prints the result as JSON.</summary>
    public void Json(JsonNode result) => standardOutput.WriteLine(result.ToJsonString(Indented));

    /// <summary>Prints the result, which is JSON already.</summary>
    public void Json(string result) => standardOutput.WriteLine(Indent(result));

    /// <summary>Prints a line as it is.</summary>
    public void Line(string text) => standardOutput.WriteLine(text);

    /// <summary>Prints a remark that is no part of the result.</summary>
    public void Note(string text) => standardError.WriteLine(text);

    /// <summary>Prints rows of cells under headings: with lines on a terminal, in plain columns elsewhere.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var onTerminal = _console.Profile.Out.IsTerminal;
        var table = new Table { Border = onTerminal ? TableBorder.Rounded : TableBorder.None };
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading)) { NoWrap = !onTerminal, Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(Printable.Line(cell))));
        }

        _console.Write(table);
    }

    /// <summary>Writes JSON on several lines; JSON with text that is no Unicode (half a surrogate pair) stays as it is.</summary>
    public static string Indent(string json)
    {
        try
        {
            return JsonNode.Parse(json)!.ToJsonString(Indented); // Never the JSON null: callers give objects and arrays.
        }
        catch (InvalidOperationException)
        {
            return json;
        }
    }

    private static IAnsiConsole ConsoleOn(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
        {
            // Nothing wraps in a pipe or a file, so that a line stays a row.
            console.Profile.Width = 100_000;
        }

        return console;
    }
}
