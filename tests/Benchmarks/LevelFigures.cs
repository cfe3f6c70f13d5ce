using System.Text.Json.Nodes;
using DelphiRunner.Engine.Execution.Containment;

namespace DelphiRunner.Benchmarks;

/// <summary>The figures of one level of containment.</summary>
/// <param name="name">Its name.</param>
/// <param name="confinement">How the host confines a command on it, or null for what only the loop runs.</param>
/// <param name="commandLine">What the loop starts.</param>
/// <param name="runs">Commands in a repetition.</param>
internal sealed class LevelFigures(string name, Confinement? confinement, IReadOnlyList<string> commandLine, int runs)
{
    private readonly Rate _own = new(runs);
    private readonly Rate _loop = new(runs);
    private readonly Figure _ratio = new();

    public Confinement? Confinement => confinement;

    public IReadOnlyList<string> CommandLine => commandLine;

    public int Runs => runs;

    /// <summary>From the request to the result with its proof that nothing is left.</summary>
    public Figure OwnMilliseconds { get; } = new();

    public Figure LoopMilliseconds { get; } = new();

    /// <summary>The same level for figures that are not counted.</summary>
    public LevelFigures WarmUp(int warmUpRuns) => new(name, confinement, commandLine, warmUpRuns);

    public void AddOwn(Spent spent) => _own.Add(spent);

    /// <summary>Adds the loop's rate, after that of the host where it has one.</summary>
    public void AddLoop(Spent spent)
    {
        _loop.Add(spent);
        if (confinement is not null)
            _ratio.Add(_own.Last / _loop.Last);
    }

    public string Describe() => confinement is null
        ? $"{name}: CliWrap {_loop.Last:0}/s, alone {LoopMilliseconds.Median:0.0} ms"
        : $"{name}: own {_own.Last:0}/s, CliWrap with the same prefix {_loop.Last:0}/s, alone {OwnMilliseconds.Median:0.0} and {LoopMilliseconds.Median:0.0} ms";

    /// <param name="bare">The level of the command without any prefix.</param>
    public JsonObject ToJson(LevelFigures bare)
    {
        var json = new JsonObject
        {
            ["level"] = name,
            ["command_line"] = string.Join(' ', commandLine),
            ["cliwrap_loop_per_s"] = _loop.ToJson(),
            ["cliwrap_loop_alone_ms"] = LoopMilliseconds.ToPercentiles(),
        };
        if (confinement is not null)
        {
            json["own_per_s"] = _own.ToJson();
            json["ratio"] = _ratio.ToJson();
            json["own_alone_ms"] = OwnMilliseconds.ToPercentiles();
            json["added_to_loop_ms"] = Figure.Rounded(OwnMilliseconds.Median - LoopMilliseconds.Median);
            json["added_to_bare_ms"] = Figure.Rounded(OwnMilliseconds.Median - bare.LoopMilliseconds.Median);
        }

        return json;
    }
}
