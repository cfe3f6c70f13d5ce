using DelphiRunner.Engine.Execution;

namespace DelphiRunner.Engine.Tests.Execution;

/// <summary>A line of output that outlives its taking.</summary>
internal readonly record struct TakenLine(string Text, bool FromStandardError)
{
    public static TakenLine Of(OutputLine line) => new(line.Text.ToString(), line.FromStandardError);
}
