using System.Text;
using System.Text.Json;
using DelphiRunner.Plugins.Delphi.Sample;

namespace DelphiRunner.Plugins.Tests.Delphi.Sample;

/// <summary>A temporary folder in which the sample's commands are run in this process.</summary>
internal sealed class SampleFolder : IDisposable
{
    private readonly Dictionary<string, string> _variables = [];
    private readonly StringBuilder _output = new();

    public SampleFolder()
    {
        Path = Directory.CreateTempSubdirectory("delphi-sample-").FullName;
        this["DELPHI_SAMPLE_OUTPUT"] = File("out");
        this["DELPHI_RESULT_FILE"] = File("result.json");
        this["DELPHI_JOB_ID"] = "job-1";
    }

    public string Path { get; }

    public string Output => _output.ToString();

    public string this[string variable]
    {
        set => _variables[variable] = value;
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public int Run(params string[] arguments)
    {
        using var writer = new StringWriter(_output);
        return Commands.Run(arguments, writer, writer, _variables.GetValueOrDefault);
    }

    public JsonElement Results(int zid = 39321) => JsonElement.Parse(System.IO.File.ReadAllText(File($"out/{zid}.json")));

    public JsonElement Report() => JsonElement.Parse(System.IO.File.ReadAllText(File("result.json")));

    /// <summary>Copies the votes that ship with the sample, and lets the commands read the copy.</summary>
    public string CopyVotes(Func<IEnumerable<string>, IEnumerable<string>>? change = null)
    {
        var shipped = System.IO.Path.Combine(AppContext.BaseDirectory, "votes.csv");
        System.IO.File.Copy(System.IO.Path.Combine(AppContext.BaseDirectory, "comments.csv"), File("comments.csv"), overwrite: true);
        return WriteVotes((change ?? (lines => lines))(System.IO.File.ReadAllLines(shipped)));
    }

    public string WriteVotes(IEnumerable<string> lines)
    {
        System.IO.File.WriteAllLines(File("votes.csv"), lines);
        this["DELPHI_SAMPLE_VOTES"] = File("votes.csv");
        return File("votes.csv");
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
