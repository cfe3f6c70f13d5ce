using System.Collections;
using System.Globalization;
using System.Text.Json;

namespace DelphiRunner.Child;

/// <summary>Children that behave.</summary>
internal static class Plain
{
    public static int? Run(string command, string[] rest)
    {
        switch (command)
        {
            case "echo":
                return Print(Console.Out, rest);
            case "stderr":
                return Print(Console.Error, rest);
            case "args":
                return Print(Console.Out, rest.Select(arg => JsonSerializer.Serialize(arg)));
            case "env":
                return Print(Console.Out, Variables().Select(pair => $"{pair.Key}={pair.Value}"));
            case "cwd":
                return Print(Console.Out, [Environment.CurrentDirectory]);
            case "exit":
                return int.Parse(rest[0], CultureInfo.InvariantCulture);
            case "stdin-cat":
                using (var input = Console.OpenStandardInput())
                using (var output = Console.OpenStandardOutput())
                    input.CopyTo(output);
                return 0;
            case "result-file":
                File.WriteAllText(Environment.GetEnvironmentVariable("DELPHI_RESULT_FILE")!, rest[0]);
                return 0;
            case "record":
                return Record(rest[0], int.Parse(rest[1], CultureInfo.InvariantCulture), rest[2..]);
            default:
                return null;
        }
    }

    private static int Print(TextWriter writer, IEnumerable<string> lines)
    {
        foreach (var line in lines)
            writer.WriteLine(line);
        return 0;
    }

    private static int Record(string file, int code, string[] args)
    {
        var path = file == "-" ? Environment.GetEnvironmentVariable("CHILD_RECORD")! : file;
        var line = JsonSerializer.Serialize(new { args, env = Variables(), cwd = Environment.CurrentDirectory, stdin = Console.In.ReadToEnd() });
        File.AppendAllText(path, line + "\n");
        return code;
    }

    private static SortedDictionary<string, string> Variables()
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? string.Empty;
        return variables;
    }
}
