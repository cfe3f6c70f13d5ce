using System.Text.Json;

namespace DelphiRunner.EndToEnd.Tests;

/// <summary>How a script was started, as the recording child saw it.</summary>
internal sealed record RecordedStart(
    DelphiCommand Command, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string WorkingFolder, string StandardInput)
{
    public static RecordedStart Read(DelphiCommand command, string line)
    {
        using var document = JsonDocument.Parse(line);
        var start = document.RootElement;
        return new RecordedStart(
            command,
            [.. start.GetProperty("args").EnumerateArray().Select(argument => argument.GetString()!)],
            start.GetProperty("env").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!),
            start.GetProperty("cwd").GetString()!,
            start.GetProperty("stdin").GetString()!);
    }

    public override string ToString() => $"{Command} {string.Join(' ', Arguments)}";
}
