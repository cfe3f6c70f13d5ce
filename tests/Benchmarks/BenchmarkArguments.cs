using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DelphiRunner.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkArguments
{
    public static readonly IReadOnlyList<string> AllMeasures = ["drain", "true", "true-session", "containment", "latency", "start", "idle", "pump", "dynamodb"];

    private const string Usage =
        "Usage: DelphiRunner.Benchmarks [drain|true|true-session|containment|latency|start|idle|pump|dynamodb|all …] [--repetitions N] [--jobs N] [--folder PATH]";

    /// <summary>The measures, in the order in which they run.</summary>
    public required IReadOnlyList<string> Measures { get; init; }

    /// <summary>How often each figure is taken; the median is what counts. Default: 5.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Jobs in a repetition, or null for each measure's own number.</summary>
    public int? Jobs { get; init; }

    /// <summary>Where queues and state folders are made; its disk is what the durable figures depend on. Default: beside the built program.</summary>
    public string Folder { get; init; } = Path.Combine(Artifacts.Folder, "benchmarks", "work");

    /// <summary>Jobs at once, on our side and on the peer's.</summary>
    public int Slots { get; init; } = 8;

    public static bool TryParse(string[] args, [NotNullWhen(true)] out BenchmarkArguments? arguments, out string problem)
    {
        arguments = null;
        var parsed = new BenchmarkArguments { Measures = AllMeasures };
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "all")
            {
                names.AddRange(AllMeasures);
            }
            else if (AllMeasures.Contains(args[i]))
            {
                names.Add(args[i]);
            }
            else if (i + 1 < args.Length && With(parsed, args[i], args[i + 1]) is { } changed)
            {
                parsed = changed;
                i++;
            }
            else
            {
                problem = $"'{args[i]}' is no measure, or an option without a valid value. {Usage}";
                return false;
            }
        }

        arguments = names.Count == 0 ? parsed : parsed with { Measures = [.. names.Distinct()] };
        problem = "";
        return true;
    }

    private static BenchmarkArguments? With(BenchmarkArguments parsed, string option, string value) => option switch
    {
        "--repetitions" when Count(value) is { } count => parsed with { Repetitions = count },
        "--jobs" when Count(value) is { } count => parsed with { Jobs = count },
        "--folder" => parsed with { Folder = Path.GetFullPath(value) },
        _ => null,
    };

    private static int? Count(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : null;
}
