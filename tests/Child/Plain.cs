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
                return Record(int.Parse(rest[0], CultureInfo.InvariantCulture), rest[1..]);
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

    private static int Record(int code, string[] args)
    {
        var record = JsonSerializer.SerializeToUtf8Bytes(new { args, env = Variables(), cwd = Environment.CurrentDirectory, stdin = Console.In.ReadToEnd() });
        // In one write, which a file opened for appending keeps whole beside those of others; the runtime's own appending
        // writes at an offset that it read before, over what another has written since.
        using var output = Console.OpenStandardOutput();
        output.Write([.. record, (byte)'\n']);
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
