using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DelphiRunner.Plugins.Delphi.Sample;

/// <summary>Where a command reads and writes: the votes, the folder of results, and the file in which it reports to its host.</summary>
internal sealed class SampleFiles(CommandLine line, Func<string, string?> variable)
{
    public const string OutputFlag = "--output";
    public const string VotesFlag = "--votes";

    /// <summary>The flag, or DELPHI_SAMPLE_VOTES, or the file that ships with the program.</summary>
    public string Votes { get; } = Path.GetFullPath(
        line.Find(VotesFlag) ?? NotBlank(variable("DELPHI_SAMPLE_VOTES")) ?? Path.Combine(AppContext.BaseDirectory, "votes.csv"));

    /// <summary>The flag, or DELPHI_SAMPLE_OUTPUT, or <c>results</c> in the working directory.</summary>
    public string Output { get; } = Path.GetFullPath(line.Find(OutputFlag) ?? NotBlank(variable("DELPHI_SAMPLE_OUTPUT")) ?? "results");

    public string ResultsOf(int zid) => Path.Combine(Output, $"{zid}.json");

    public string Narratives(int zid) => Path.Combine(Output, "narratives", $"{zid}");

    public string Batches => Path.Combine(Output, "batches");

    /// <summary>Reports to the host, where it asks for that.</summary>
    public void Report<T>(T report, JsonTypeInfo<T> type)
    {
        if (NotBlank(variable("DELPHI_RESULT_FILE")) is { } path)
        {
            Write(path, report, type);
        }
    }

    /// <summary>Writes a file whole or not at all.</summary>
    public static void Write<T>(string path, T content, JsonTypeInfo<T> type)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.part";
        File.WriteAllText(temporary, JsonSerializer.Serialize(content, type) + "\n");
        File.Move(temporary, path, overwrite: true);
    }

    public static T Read<T>(string path, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(File.ReadAllText(path), type) ?? throw new InvalidDataException($"'{path}' holds no JSON object.");

    private static string? NotBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
